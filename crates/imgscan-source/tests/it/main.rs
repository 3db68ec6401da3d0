//! The crate from outside, in one binary. No network beyond loopback.

#[cfg(test)]
mod common;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod local;
#[cfg(test)]
mod real;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod storage;
