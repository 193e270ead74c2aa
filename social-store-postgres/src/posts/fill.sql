-- Fills empty tables for plans and figures: 2,000 accounts and 100,000 posts, half of them of the first account.
-- That one's posts are all queued and due; of the others' one in four is, one waits for its time, and two are published.
-- A tenth of all checkpoints has a newer form (3). `SET fill.accounts = 10000; SET fill.posts = 1000000` before it makes
-- another size.
INSERT INTO social.lanes (row_id, app, platform, account)
SELECT '7:example3:appaccount-' || i, 'app', 'example', 'account-' || i FROM generate_series(1, coalesce(current_setting('fill.accounts', true), '2000')::int) i;

INSERT INTO social.posts (id, lane, platform, owner, idempotency_key, fingerprint, caption, request, step, effect, remote_ids,
    version, sealed, state, outcome, next_at, expires_at, created_at, began_at, settled_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, l.id, 'example',
    'owner-' || n % 100, 'key-' || i, decode(repeat('00', 32), 'hex'), 'Caption ' || i, decode(repeat('5a', 400), 'hex'), 'init',
    '"repeatable"', CASE WHEN done THEN ARRAY['remote-' || i] ELSE '{}' END, CASE i % 10 WHEN 0 THEN 3 ELSE 1 END,
    decode(repeat('a5', 200), 'hex'), CASE WHEN done THEN 'published' ELSE 'queued' END,
    CASE WHEN done THEN '{"published":[]}'::json END,
    CASE WHEN NOT done THEN timestamptz '2026-01-01 00:00:00Z' + (CASE WHEN later THEN 1 ELSE -1 END) * i * interval '1 second' END,
    CASE WHEN NOT done AND i % 3 = 0 THEN timestamptz '2030-01-01 00:00:00Z' + i * interval '1 second' END,
    timestamptz '2025-01-01 00:00:00Z', CASE WHEN done THEN timestamptz '2025-06-01 00:00:00Z' END,
    CASE WHEN done THEN timestamptz '2025-06-01 00:01:00Z' END
FROM (SELECT i, CASE WHEN i % 2 = 1 THEN 1 ELSE i / 2 % (accounts - 1) + 2 END AS n,
        i % 2 = 0 AND i / accounts / 2 % 4 > 1 AS done, i % 2 = 0 AND i / accounts / 2 % 4 = 1 AS later
    FROM (SELECT coalesce(current_setting('fill.accounts', true), '2000')::int AS accounts) a,
        generate_series(1, coalesce(current_setting('fill.posts', true), '100000')::int) AS i) s
JOIN social.lanes l ON l.account = 'account-' || s.n;

INSERT INTO social.post_ids (platform, app, remote_id, post)
SELECT platform, 'app', remote_ids[1], id FROM social.posts WHERE remote_ids <> '{}';

INSERT INTO social.post_media (media, post)
SELECT 'media-' || row_number() OVER (), id FROM social.posts;

INSERT INTO social.post_history (post, at, kind, step)
SELECT id, created_at, 'submitted', step FROM social.posts;

UPDATE social.lanes l SET first_at = (SELECT p.next_at FROM social.posts p
    WHERE p.lane = l.id AND p.next_at IS NOT NULL ORDER BY p.next_at, p.id LIMIT 1);
