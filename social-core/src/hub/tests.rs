mod apps;
mod bench;
mod clocks;
mod edit;
mod incarnation;
mod keys;
mod submit;
