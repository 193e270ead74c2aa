mod bench;
mod disconnect;
mod due;
mod held;
mod keep;
mod platform;
pub(crate) mod store;
mod valid;
mod verdict;
