mod accept;
mod begin;
mod bench;
mod finish;
mod offers;
mod one_set;
mod order;
