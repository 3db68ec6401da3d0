//! The rules, one line each, sorted by code.

use crate::Rule;
use crate::rules::*;

/// All rules.
pub(crate) static RULES: &[&dyn Rule] = &[
    &gun001::UnknownSetting,
    &gun002::LoopbackBind,
    &gun003::ConfigAutoloaded,
    &gun004::BaseConfigReplaced,
    &gun005::WorkerClassPromoted,
    &gun006::HeartbeatOnDisk,
    &gun007::DevelopmentOption,
    &img001::ShellKeepsPid1,
    &img002::ScriptWithoutExec,
    &img003::StopSignalMismatch,
    &img004::EntrypointDropsCmd,
    &img005::EntrypointNotRunnable,
    &img006::InheritedCmd,
    &img009::SecretInEnv,
    &ovr001::EnvOverridesFile,
    &ovr002::FlagOverridesFile,
    &ovr003::FlagDefeatsEnv,
    &ovr004::EnvDefaultIsDead,
    &ovr005::ConfigNeverRead,
    &ovr006::ConfigMissing,
    &ovr007::ConfigReplacedByLayer,
    &ovr008::ConfigUnderMount,
    &ovr009::LiteralQuotesInEnv,
    &ovr010::EnvUnread,
    &ovr011::ValueNotStatic,
    &ovr012::EmptyEnvIsSet,
];
