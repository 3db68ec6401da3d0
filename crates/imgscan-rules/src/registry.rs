//! The rules, one line each, sorted by code.

use crate::Rule;
use crate::rules::*;

/// All rules.
pub(crate) static RULES: &[&dyn Rule] = &[
    &gun001::UnknownSetting,
    &gun002::LoopbackBind,
    &gun003::ConfigAutoloaded,
    &img009::SecretInEnv,
    &ovr001::EnvOverridesFile,
    &ovr002::FlagOverridesFile,
    &ovr003::FlagDefeatsEnv,
    &ovr004::EnvDefaultIsDead,
    &ovr005::ConfigNeverRead,
    &ovr006::ConfigMissing,
    &ovr009::LiteralQuotesInEnv,
    &ovr010::EnvUnread,
    &ovr012::EmptyEnvIsSet,
];
