INSERT INTO accounts (id, app, platform, account, owner, route,
    login_app,
    consent,
    principal,
    name, aliases, scopes, status, sealed, connected_at, expires_at, refresh_due_at,
    grant_ends_at,
    revision)
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
SELECT 'row-' || i, 'app', 'example', 'account-' || i, 'owner-' || (i / 10), 'web',
    'app',
    'consent',
    'person-' || (i / 10),
    'Name', json_array('alias-' || i), '[]', iif(i % 5, 'connected', 'disconnected'), iif(i % 5, x'00', NULL),
    i, 1000 + i, 2000 + i, 3000 + i, 1 FROM n;
INSERT INTO account_aliases (platform, alias, account)
SELECT 'example', 'alias-' || substr(id, 5), id FROM accounts;
INSERT INTO lanes (row_id, app, platform, account, ready_at)
SELECT id, app, platform, account, 1000 FROM accounts ORDER BY connected_at LIMIT 10000;
INSERT INTO posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step, effect,
    version, sealed, remote_ids, state, next_at, expires_at, created_at)
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
SELECT unhex(printf('%032x', i)), iif(i % 2, 1, i % 10000 + 1), 'example', 'owner-' || (i % 100),
    'key-' || i, zeroblob(32), 'Title', x'00', 'init', '"repeatable"', i % 3, x'00', json_array('remote-' || i),
    iif(i % 4, 'published', 'queued'), iif(i % 4, NULL, 1000 + i), iif(i % 4, NULL, 5000 + i), i FROM n;
INSERT INTO post_ids (platform, app, remote_id, post)
SELECT platform, 'app', remote_ids ->> 0, id FROM posts;
INSERT INTO post_media (media, post) SELECT 'media-' || hex(id), id FROM posts;
INSERT INTO post_history (post, at, kind, step) SELECT id, 1, 'submitted', 'init' FROM posts;
INSERT INTO logins WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
SELECT unhex(printf('%064x', i)), zeroblob(32), 'owner', 'example/app/web', '', x'00', i FROM n;
INSERT INTO offers WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
SELECT unhex(printf('%032x', i)), 'owner', 'example/app/web', x'00', i FROM n;;
INSERT INTO webhook_events (platform, id, app, kind, account, word, subject, received_at, body)
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
SELECT iif(i % 3, 'example', 'other'), 'event-' || i, 'app', 'kind-' || (i % 10), 'account-' || (i % 1000),
    iif(i % 4, 'post', 'other'), iif(i % 4, i / 3, NULL), i, zeroblob(200) FROM n;
INSERT INTO event_queue (number, due, ready_at, lease_until, platform, word, subject, received_at, dead_at, elsewhere)
SELECT number, iif(number % 50, 1000 + number, 900000), 1000 + number, iif(number % 50, 0, 900000), platform, word,
    subject, received_at, iif(number % 20, NULL, 2000 + number), number % 100 = 10
FROM webhook_events WHERE number % 10 = 0;
INSERT INTO event_ends (number, state, ended_at, ready_at, epoch, failures)
SELECT number, 1, 2000 + number, 1000 + number, 1, 0 FROM webhook_events WHERE number % 10 > 0;
INSERT INTO event_ids (turn, key) SELECT number / 60000, unhex(printf('%032x', number)) FROM webhook_events;
INSERT INTO bookings (key, holder, at, granted, units, lapses_at)
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
SELECT 'key-' || (i % 1000), 'holder-' || i, 1000 + i, i % 10 > 0, 1 + i % 400, 90000 + i FROM n;
INSERT INTO limits WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT 'key-' || i, i FROM n;
INSERT INTO key_usage WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100)
SELECT unhex(printf('%016x', i)), i FROM n;
