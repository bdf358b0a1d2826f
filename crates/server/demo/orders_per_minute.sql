-- An unbounded source into a windowed aggregate: revenue per product in windows of ten seconds.
SET 'execution.checkpointing.interval' = '10 s';

CREATE TABLE orders (
  order_id   BIGINT,
  product_id INT,
  price      DOUBLE,
  order_time AS LOCALTIMESTAMP,
  WATERMARK FOR order_time AS order_time - INTERVAL '1' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '20',
  'fields.product_id.min' = '1',
  'fields.product_id.max' = '8',
  'fields.price.min' = '1',
  'fields.price.max' = '100'
);

CREATE TABLE revenue (
  window_start TIMESTAMP(3),
  product_id   INT,
  orders       BIGINT,
  revenue      DOUBLE
) WITH (
  'connector' = 'blackhole'
);

INSERT INTO revenue
SELECT window_start, product_id, COUNT(*), SUM(price)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(order_time), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, product_id;
