mod accept;
mod begin;
mod bench;
mod finish;
mod one_set;
mod order;
