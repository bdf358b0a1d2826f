//! The store against real databases: SQLite in a folder of its own always; PostgreSQL and MySQL/MariaDB
//! where `STREAMWRIGHT_TEST_POSTGRES` and `STREAMWRIGHT_TEST_MYSQL` hold the URL of a server on which
//! databases may be made. Each test runs on each engine in a database of its own, which is dropped at
//! the end also when the test fails.

mod access;
mod application;
mod artifact;
mod audit;
mod bed;
mod cluster;
mod copy;
mod crash;
mod draft;
mod engine;
mod evidence;
mod facts;
mod feed;
mod fixture;
mod grant;
mod incident;
mod invitation;
mod job;
mod lease;
mod manifests;
mod member;
mod migrate;
mod name;
mod proxy;
mod release;
mod request;
mod restart;
mod schema;

mod target;
mod trouble;
mod variable;
mod world;
