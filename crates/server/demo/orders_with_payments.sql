-- A join of two streams: Flink keeps the rows of both sides as state for one hour.
SET 'execution.checkpointing.interval' = '10 s';
SET 'table.exec.state.ttl' = '1 h';

CREATE TABLE orders (
  order_id BIGINT,
  price    DOUBLE
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '10',
  'fields.order_id.min' = '1',
  'fields.order_id.max' = '1000'
);

CREATE TABLE payments (
  order_id BIGINT,
  paid     DOUBLE
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '10',
  'fields.order_id.min' = '1',
  'fields.order_id.max' = '1000'
);

CREATE TABLE settled_orders (
  order_id BIGINT,
  price    DOUBLE,
  paid     DOUBLE
) WITH (
  'connector' = 'blackhole'
);

INSERT INTO settled_orders
SELECT o.order_id, o.price, p.paid
FROM orders AS o
JOIN payments AS p ON o.order_id = p.order_id;
