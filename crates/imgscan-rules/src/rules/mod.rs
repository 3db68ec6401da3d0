//! The rules, one file each; they are listed in [`crate::registry`].

pub(crate) mod gun001;
pub(crate) mod gun002;
pub(crate) mod gun003;
pub(crate) mod gun004;
pub(crate) mod gun005;
pub(crate) mod gun006;
pub(crate) mod gun007;
pub(crate) mod img001;
pub(crate) mod img002;
pub(crate) mod img003;
pub(crate) mod img004;
pub(crate) mod img005;
pub(crate) mod img006;
pub(crate) mod img009;
pub(crate) mod ovr001;
pub(crate) mod ovr002;
pub(crate) mod ovr003;
pub(crate) mod ovr004;
pub(crate) mod ovr005;
pub(crate) mod ovr006;
pub(crate) mod ovr007;
pub(crate) mod ovr008;
pub(crate) mod ovr009;
pub(crate) mod ovr010;
pub(crate) mod ovr011;
pub(crate) mod ovr012;
