mod apps;
mod bench;
mod clocks;
mod edit;
mod grace;
mod incarnation;
mod keys;
mod submit;
