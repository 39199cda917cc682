-- What people, recipients and endpoints leave beside a million shipments of a merchant. Drawn by hashes of ids.

INSERT INTO kpi_days (merchant_id, mode, day, stale_since)
SELECT DISTINCT merchant_id, 'test', due_on, now() FROM delivery_records
ON CONFLICT (merchant_id, mode, day) DO UPDATE SET stale_since = now();

-- the tails of phones, and surnames that many have
INSERT INTO shipment_terms (merchant_id, term, created_at, shipment_id)
SELECT merchant_id, lpad((abs(hashtext(id)) %% 10000)::text, 4, '0') AS tail, created_at, id FROM shipments
WHERE merchant_id = %(m)s ORDER BY tail, created_at ON CONFLICT DO NOTHING;

INSERT INTO shipment_terms (merchant_id, term, created_at, shipment_id)
SELECT merchant_id,
    (ARRAY['hansen', 'johansen', 'olsen', 'larsen', 'andersen', 'nilsen', 'dahl', 'berg'])[1 + abs(hashtext(id)) %% 8] AS name,
    created_at, id
FROM shipments WHERE merchant_id = %(m)s ORDER BY name, created_at;

INSERT INTO ratings (merchant_id, shipment_id, mode, stars, recommends, comment, created_at)
SELECT merchant_id, id, mode, 1 + abs(hashtext(id)) %% 5, abs(hashtext(id || 'r')) %% 11, '', delivered_at FROM shipments
WHERE merchant_id = %(m)s AND status = 'delivered' AND abs(hashtext(id)) %% 6 = 0;

INSERT INTO cases (merchant_id, id, kind, subject_id, shipment_id, why, state, mode, created_at, due_at,
    closed_at, resolution, note)
SELECT merchant_id, 'cas_' || id,
    (ARRAY['not_received', 'status_conflict', 'pod_missing', 'stuck', 'price_variance'])[1 + abs(hashtext(id)) %% 5],
    id, id, 'seeded', CASE WHEN abs(hashtext(id)) %% 200 = 0 THEN 'open' ELSE 'closed' END, mode,
    created_at + interval '1 day', created_at + interval '32 hours', NULL, '', ''
FROM shipments WHERE merchant_id = %(m)s AND abs(hashtext(id)) %% 20 = 0;

INSERT INTO enquiries (merchant_id, id, mode, shipment_id, way, reference, taken_by, at, created_at)
SELECT merchant_id, 'enq_' || id, mode, id, 'phone', '', 'Kari', created_at + interval '1 day', created_at + interval '1 day'
FROM shipments WHERE merchant_id = %(m)s AND abs(hashtext(id || 'e')) %% 15 = 0;

INSERT INTO claims (merchant_id, id, mode, shipment_id, carrier, kind, state, amount_minor, amount_currency, decision,
    reference, note, evidence, opened_by, created_at, updated_at, submit_by_why, version)
SELECT merchant_id, 'clm_' || id, mode, id, carrier,
    (ARRAY['loss', 'damage', 'missing', 'misdelivery'])[1 + abs(hashtext(id)) %% 4],
    (ARRAY['open', 'submitted', 'decided', 'paid'])[1 + abs(hashtext(id || 'x')) %% 4], 50000, 'NOK', 'granted',
    '', '', '[]', 'Kari', created_at, created_at, '', 1
FROM shipments WHERE merchant_id = %(m)s AND abs(hashtext(id || 'y')) %% 100 = 0;

INSERT INTO audit_log (merchant_id, number, at, who, what, reason, request_id, seal)
SELECT %(m)s, 1000 + i, now() - i * interval '1 minute', 'Kari', 'looked at a recipient', 'caller_verified', '', ''
FROM generate_series(1, 100000) i;

INSERT INTO webhook_deliveries (merchant_id, id, endpoint_id, outbox_id, body, state, attempts, tries, begun_at,
    created_at, last_error)
SELECT o.merchant_id, 'dlv_' || o.id, %(e)s, o.id, convert_to('{"type": "' || o.type || '"}', 'UTF8'),
    CASE WHEN abs(hashtext(o.id)) %% 50 = 0 THEN 'exhausted' ELSE 'delivered' END, 1, 1, o.created_at, o.created_at, ''
FROM outbox o WHERE o.merchant_id = %(m)s;
