//! Readers of small formats. Each gives values as [`imgscan_model::Text`] slices of what was read, so that every value
//! knows its file, line and column.

pub mod docker_env_file;
pub mod dotenv;
pub mod ini;
pub mod procfile;
pub mod py_shlex;
pub mod toml;
