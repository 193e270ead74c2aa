//! Workers on a platform that does as it is told.

#[cfg(test)]
mod publish;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod trouble;
