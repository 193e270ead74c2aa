-- Rows as version 1 wrote them.
INSERT INTO installation (singleton, id, key_check, schema_version, created_at)
    VALUES (1, x'000102030405060708090a0b0c0d0e0f', x'c0ffee', 1, 1767225600000000);
INSERT INTO accounts (id, app, platform, account, owner, route, login_app, consent, name, aliases, scopes, status,
    status_detail, sealed, connected_at, refresh_due_at, revision, epoch)
VALUES ('7:example3:appa', 'app', 'example', 'a', 'owner', 'web', 'app', 'consent', 'Name', '["alias"]', '["post"]',
        'connected', NULL, x'040506', 1767225600000000, 1767225600000000, 7, 3),
       ('7:example3:appb', 'app', 'example', 'b', 'owner', 'web', 'app', 'consent', 'Other', '[]', '[]',
        'needs_reauth', 'revoked', x'070809', 1767225600000000, NULL, 2, 0);
INSERT INTO account_aliases VALUES ('example', 'alias', '7:example3:appa');
INSERT INTO logins VALUES (zeroblob(32), zeroblob(32), 'owner', 'example/app/web', 'https://app.example/back', x'0a0b',
    1767225660000000);
INSERT INTO offers VALUES (x'0f0e0d0c0b0a09080706050403020100', 'owner', 'example/app/web', x'0c0d', 1767225660000000);
INSERT INTO lanes (id, row_id, app, platform, account, ready_at, served_at, fence)
VALUES (1, '7:example3:appa', 'app', 'example', 'a', 1767225600000000, 1767225600000000, 1);
INSERT INTO posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step, effect, remote_ids,
    version, sealed, state, outcome, next_at, created_at, began_at, settled_at)
VALUES (x'00000000000177078707070707070707', 1, 'example', 'owner', 'key-1', zeroblob(32), 'First', x'', 'done',
        '"repeatable"', '["remote-1"]', 1, x'010203', 'published', '{"published":[]}', NULL, 1767225600000000,
        1767225600000000, 1767225600000000),
       (x'00000000000277078707070707070707', 1, 'example', 'owner', 'key-2', zeroblob(32), 'Second', x'', 'init',
        '"repeatable"', '[]', 1, x'010203', 'queued', NULL, 1767225600000000, 1767225600000000, NULL, NULL);
INSERT INTO post_ids VALUES ('example', 'app', 'remote-1', x'00000000000177078707070707070707');
INSERT INTO post_history (post, at, kind, step)
VALUES (x'00000000000177078707070707070707', 1767225600000000, 'submitted', 'init'),
       (x'00000000000277078707070707070707', 1767225600000000, 'submitted', 'init');
