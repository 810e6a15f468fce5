-- The rows of the list, newest last, two seconds apart, with execution, business keys and Choice result.
INSERT INTO transactions_transaction (
    id, environment_id, workflow_id, revision_id, deployment_id, status, reference, input, output, error, cause,
    created_by_id, created_at, started_at, finished_at, waiting_for, version, attempts,
    holds_reference, redrive_problem)
SELECT (lpad(to_hex(m), 12, '0') || '70008' || substr(md5(n::text), 1, 15))::uuid,
       {environment}, {workflow}, {revision}, {deployment},
       CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'succeeded' END, 'order-' || n,
       json_build_object('TransactionType', 'PURCHASE', 'CustomerId', 'C-' || n % {customers}, 'Amount', 12.5)::text,
       '""' , '', '', {user},
       to_timestamp(m / 1000.0), to_timestamp(m / 1000.0), to_timestamp(m / 1000.0 + 1), '', 3, 1,
       false, ''
FROM (SELECT n, (EXTRACT(EPOCH FROM now()) * 1000)::bigint - ({rows} - n) * 2000 AS m
      FROM generate_series(1, {rows}) AS n) AS made;

INSERT INTO transactions_execution (
    transaction_id, arn, definition, status, redrives, events_read, links, token_digests, read_at, problem)
SELECT id, 'arn:' || id, '', 'SUCCEEDED', 0, 9, 'recorded', '[]', now(), '' FROM transactions_transaction t
WHERE NOT EXISTS (SELECT 1 FROM transactions_execution e WHERE e.transaction_id = t.id);

INSERT INTO transactions_businesskey (transaction_id, workflow_id, name, text, number)
SELECT t.id, t.workflow_id, k.name, k.text, k.number
FROM transactions_transaction t, LATERAL (VALUES
    ('type', 'PURCHASE', NULL::numeric),
    ('customer_id', t.input::json ->> 'CustomerId', NULL),
    ('amount', '12.5', 12.5)) AS k (name, text, number)
WHERE NOT EXISTS (SELECT 1 FROM transactions_businesskey b WHERE b.transaction_id = t.id);

INSERT INTO transactions_choiceresult (
    execution_id, workflow_id, position, state, next, explained_next, agrees, rules, problem, entered_event, rule, at)
SELECT id, workflow_id, 0, 'ProcessTransaction',
       CASE WHEN status = 'failed' THEN 'ProcessRefund' ELSE 'ProcessPurchase' END,
       '', true, '[]', '', 2, '0', created_at
FROM transactions_transaction t
WHERE NOT EXISTS (SELECT 1 FROM transactions_choiceresult c WHERE c.execution_id = t.id);

VACUUM (ANALYZE);
