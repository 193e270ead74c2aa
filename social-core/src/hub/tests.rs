mod bench;
mod edit;
mod incarnation;
mod keys;
mod submit;
