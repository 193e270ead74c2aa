mod bench;
mod disconnect;
mod due;
mod keep;
mod platform;
mod store;
mod valid;
mod verdict;
