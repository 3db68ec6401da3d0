//! A server: what starts, and its settings with everything that tried to set them.

use std::collections::BTreeMap;

use imgscan_model::{Candidate, ConfigFileStatus, Server, Setting, StartStatus, Status};
use maud::{Markup, html};

use super::Page;

pub(super) fn block(page: &Page<'_>, server: &Server) -> Markup {
    let process = &server.process;
    html! {
        h2 { (page.prose(&server.id)) " " span class="dim" { (page.prose(server.version.as_deref().unwrap_or(""))) } }
        dl class="facts" {
            dt { "starts as" } dd class="argv" { (page.redactor.words(&process.argv).join(" ")) }
            dt { "in" } dd { code { (page.text(&process.cwd.display())) } }
            @if !process.user.is_empty() { dt { "as user" } dd { (page.text(&process.user.display())) } }
            dt { "PID 1" } dd {
                (page.prose(&process.pid1.program))
                @match process.pid1.signals_reach_server {
                    Some(true) => { ", signals reach the server" }
                    Some(false) => { strong { ", signals do not reach the server" } }
                    None => {}
                }
            }
            @if let Some(condition) = &process.condition { dt { "only if" } dd { (page.prose(condition)) } }
            @if server.start.status != StartStatus::Ok {
                dt { "start" } dd { strong { (status(server.start.status)) } @if let Some(m) = &server.start.message { ": " (page.sentence(m)) } }
            }
            @for file in &server.config_files {
                dt { "config file" } dd {
                    code { (page.text(&file.path)) } " "
                    @match file.status {
                        ConfigFileStatus::Loaded => { "read" }
                        ConfigFileStatus::NotLoaded => { strong { "never read" } }
                        ConfigFileStatus::Missing => { strong { "missing" } }
                        ConfigFileStatus::Shadowed => { strong { "hidden by a mount" } }
                    }
                    @if let Some(reason) = &file.reason { span class="dim" { " — " (page.sentence(reason)) } }
                }
            }
        }
        (settings(page, &server.settings))
        @for scope in &server.scopes {
            @if scope.settings.values().any(Setting::is_touched) {
                details { summary { (page.text(&scope.path.join(" › "))) } (settings(page, &scope.settings)) }
            }
        }
    }
}

fn status(status: StartStatus) -> &'static str {
    match status {
        StartStatus::Ok => "starts",
        StartStatus::Fails => "refuses to start",
        StartStatus::Exits => "prints and ends",
        StartStatus::Unknown => "cannot be told",
    }
}

/// The settings that somebody tried to set; the defaults that nobody touched are left out.
fn settings(page: &Page<'_>, settings: &BTreeMap<String, Setting>) -> Markup {
    let touched: Vec<_> = settings.iter().filter(|(_, s)| s.is_touched()).collect();
    html! {
        @if !touched.is_empty() {
            table {
                thead { tr { th { "setting" } th { "value" } th { "who sets it" } } }
                tbody { @for (name, setting) in touched { tr {
                    td { code { (page.text(name)) } }
                    td class="win" { (page.value(&setting.text(), setting.winner().secret)) }
                    td {
                        (who(page, setting.winner()))
                        @for loser in setting.losers() {
                            span class="lost" {
                                s { (page.value(&loser.text, loser.secret)) } " " (who(page, loser)) " — " (fate(loser.status))
                            }
                        }
                    }
                } } }
            }
        }
    }
}

fn who(page: &Page<'_>, candidate: &Candidate) -> Markup {
    html! {
        code { (page.place(candidate.origin())) }
        @if let Some(instruction) = candidate.origin().instruction() {
            span class="dim" { " " (page.text(instruction)) }
        }
        @for via in through(page, candidate) { span class="dim" { " from " (via) } }
    }
}

/// The nearest places that a value came through; those on the line where it stands are left out.
fn through(page: &Page<'_>, candidate: &Candidate) -> Vec<String> {
    let mut shown = vec![page.place(candidate.origin())];
    for via in &candidate.place.via {
        let via = page.place(via);
        if !shown.contains(&via) {
            shown.push(via);
        }
    }
    shown.into_iter().skip(1).take(2).collect()
}

fn fate(status: Status) -> &'static str {
    match status {
        Status::Effective => "in effect",
        Status::Overridden => "overridden",
        Status::NotLoaded => "never read",
        Status::Dead => "beaten",
        Status::Invalid => "refused",
    }
}
