mod accept;
mod bench;
mod finish;
