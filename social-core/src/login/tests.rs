mod accept;
mod begin;
mod bench;
mod finish;
