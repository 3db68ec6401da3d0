//! The rules, one file each; they are listed in [`crate::registry`].

pub(crate) mod gun001;
pub(crate) mod gun002;
pub(crate) mod gun003;
pub(crate) mod img009;
pub(crate) mod ovr001;
pub(crate) mod ovr002;
pub(crate) mod ovr003;
pub(crate) mod ovr004;
pub(crate) mod ovr005;
pub(crate) mod ovr006;
pub(crate) mod ovr009;
pub(crate) mod ovr010;
pub(crate) mod ovr012;
