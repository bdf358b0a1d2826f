package io.streamwright.stub;

/** The connectors that a stub exists for. The service file names each of them. */
public final class Connectors {

    private Connectors() {
    }

    /** Stands in for kafka. */
    public static final class Kafka extends StubFactory {
        /** Called by the service loader. */
        public Kafka() {
            super("kafka", false);
        }
    }

    /** Stands in for upsert-kafka. */
    public static final class UpsertKafka extends StubFactory {
        /** Called by the service loader. */
        public UpsertKafka() {
            super("upsert-kafka", true);
        }
    }

    /** Stands in for jdbc. */
    public static final class Jdbc extends StubFactory {
        /** Called by the service loader. */
        public Jdbc() {
            super("jdbc", false);
        }
    }

    /** Stands in for elasticsearch-6. */
    public static final class Elasticsearch6 extends StubFactory {
        /** Called by the service loader. */
        public Elasticsearch6() {
            super("elasticsearch-6", false);
        }
    }

    /** Stands in for elasticsearch-7. */
    public static final class Elasticsearch7 extends StubFactory {
        /** Called by the service loader. */
        public Elasticsearch7() {
            super("elasticsearch-7", false);
        }
    }

    /** Stands in for elasticsearch-8. */
    public static final class Elasticsearch8 extends StubFactory {
        /** Called by the service loader. */
        public Elasticsearch8() {
            super("elasticsearch-8", false);
        }
    }

    /** Stands in for opensearch. */
    public static final class Opensearch extends StubFactory {
        /** Called by the service loader. */
        public Opensearch() {
            super("opensearch", false);
        }
    }

    /** Stands in for opensearch-2. */
    public static final class Opensearch2 extends StubFactory {
        /** Called by the service loader. */
        public Opensearch2() {
            super("opensearch-2", false);
        }
    }

    /** Stands in for hbase-1.4. */
    public static final class Hbase14 extends StubFactory {
        /** Called by the service loader. */
        public Hbase14() {
            super("hbase-1.4", false);
        }
    }

    /** Stands in for hbase-2.2. */
    public static final class Hbase22 extends StubFactory {
        /** Called by the service loader. */
        public Hbase22() {
            super("hbase-2.2", false);
        }
    }

    /** Stands in for mongodb. */
    public static final class Mongodb extends StubFactory {
        /** Called by the service loader. */
        public Mongodb() {
            super("mongodb", false);
        }
    }

    /** Stands in for kinesis. */
    public static final class Kinesis extends StubFactory {
        /** Called by the service loader. */
        public Kinesis() {
            super("kinesis", false);
        }
    }

    /** Stands in for kinesis-legacy. */
    public static final class KinesisLegacy extends StubFactory {
        /** Called by the service loader. */
        public KinesisLegacy() {
            super("kinesis-legacy", false);
        }
    }

    /** Stands in for firehose. */
    public static final class Firehose extends StubFactory {
        /** Called by the service loader. */
        public Firehose() {
            super("firehose", false);
        }
    }

    /** Stands in for dynamodb. */
    public static final class Dynamodb extends StubFactory {
        /** Called by the service loader. */
        public Dynamodb() {
            super("dynamodb", false);
        }
    }

    /** Stands in for pulsar. */
    public static final class Pulsar extends StubFactory {
        /** Called by the service loader. */
        public Pulsar() {
            super("pulsar", false);
        }
    }

    /** Stands in for rabbitmq. */
    public static final class Rabbitmq extends StubFactory {
        /** Called by the service loader. */
        public Rabbitmq() {
            super("rabbitmq", false);
        }
    }

    /** Stands in for sqs. */
    public static final class Sqs extends StubFactory {
        /** Called by the service loader. */
        public Sqs() {
            super("sqs", false);
        }
    }

    /** Stands in for prometheus. */
    public static final class Prometheus extends StubFactory {
        /** Called by the service loader. */
        public Prometheus() {
            super("prometheus", false);
        }
    }

    /** Stands in for mysql-cdc. */
    public static final class MysqlCdc extends StubFactory {
        /** Called by the service loader. */
        public MysqlCdc() {
            super("mysql-cdc", true);
        }
    }

    /** Stands in for postgres-cdc. */
    public static final class PostgresCdc extends StubFactory {
        /** Called by the service loader. */
        public PostgresCdc() {
            super("postgres-cdc", true);
        }
    }

    /** Stands in for oracle-cdc. */
    public static final class OracleCdc extends StubFactory {
        /** Called by the service loader. */
        public OracleCdc() {
            super("oracle-cdc", true);
        }
    }

    /** Stands in for sqlserver-cdc. */
    public static final class SqlserverCdc extends StubFactory {
        /** Called by the service loader. */
        public SqlserverCdc() {
            super("sqlserver-cdc", true);
        }
    }

    /** Stands in for mongodb-cdc. */
    public static final class MongodbCdc extends StubFactory {
        /** Called by the service loader. */
        public MongodbCdc() {
            super("mongodb-cdc", true);
        }
    }

    /** Stands in for db2-cdc. */
    public static final class Db2Cdc extends StubFactory {
        /** Called by the service loader. */
        public Db2Cdc() {
            super("db2-cdc", true);
        }
    }

    /** Stands in for oceanbase-cdc. */
    public static final class OceanbaseCdc extends StubFactory {
        /** Called by the service loader. */
        public OceanbaseCdc() {
            super("oceanbase-cdc", true);
        }
    }

    /** Stands in for tidb-cdc. */
    public static final class TidbCdc extends StubFactory {
        /** Called by the service loader. */
        public TidbCdc() {
            super("tidb-cdc", true);
        }
    }

    /** Stands in for vitess-cdc. */
    public static final class VitessCdc extends StubFactory {
        /** Called by the service loader. */
        public VitessCdc() {
            super("vitess-cdc", true);
        }
    }

    /** Stands in for hudi. */
    public static final class Hudi extends StubFactory {
        /** Called by the service loader. */
        public Hudi() {
            super("hudi", false);
        }
    }

    /** Stands in for iceberg. */
    public static final class Iceberg extends StubFactory {
        /** Called by the service loader. */
        public Iceberg() {
            super("iceberg", false);
        }
    }

    /** Stands in for paimon. */
    public static final class Paimon extends StubFactory {
        /** Called by the service loader. */
        public Paimon() {
            super("paimon", false);
        }
    }

    /** Stands in for doris. */
    public static final class Doris extends StubFactory {
        /** Called by the service loader. */
        public Doris() {
            super("doris", false);
        }
    }

    /** Stands in for starrocks. */
    public static final class Starrocks extends StubFactory {
        /** Called by the service loader. */
        public Starrocks() {
            super("starrocks", false);
        }
    }

    /** Stands in for clickhouse. */
    public static final class Clickhouse extends StubFactory {
        /** Called by the service loader. */
        public Clickhouse() {
            super("clickhouse", false);
        }
    }

    /** Stands in for redis. */
    public static final class Redis extends StubFactory {
        /** Called by the service loader. */
        public Redis() {
            super("redis", false);
        }
    }
}
