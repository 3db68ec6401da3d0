//! Whiteouts, opaque directories, links and versions, as the image spec and the runtimes have them.

#![allow(clippy::unwrap_used)]

mod support;

use imgscan_layers::{Keep, MergedView, Wanted, extract};
use imgscan_model::{FileError, FileView, Magic, NodeKind};
use support::{Tar, index, view};

fn tree(view: &MergedView) -> Vec<String> {
    let mut paths = Vec::new();
    view.for_each(&mut |node| paths.push(node.path.to_string()));
    paths
}

fn text(view: &MergedView, path: &str) -> String {
    view.content(path).unwrap().raw().to_owned()
}

#[test]
fn later_layers_win_and_every_version_is_kept() {
    let view = view(&[
        Tar::new().file("etc/a.conf", "one").file("etc/b.conf", "b"),
        Tar::new().file("etc/a.conf", "two"),
        Tar::new().file("etc/.wh.a.conf", ""),
        Tar::new().file("./etc/a.conf", "four"),
    ]);
    assert_eq!(tree(&view), ["/etc", "/etc/a.conf", "/etc/b.conf"]);
    assert_eq!(text(&view, "/etc/a.conf"), "four");
    let versions: Vec<(u32, bool)> =
        view.versions("/etc/a.conf").iter().map(|v| (v.layer, v.node.is_some())).collect();
    assert_eq!(versions, [(0, true), (1, true), (2, false), (3, true)]);
    assert_eq!(view.content_of(1, "/etc/a.conf").unwrap().raw(), "two");
    assert_eq!(view.content_of(2, "/etc/a.conf"), Err(FileError::NotFound));
    assert_eq!(view.entry("/etc/a.conf").unwrap().origin.layer(), Some(3));
    assert_eq!(view.entry("/etc/b.conf").unwrap().origin.instruction(), Some("RUN 0"));
}

#[test]
fn an_opaque_directory_hides_lower_layers_only_wherever_the_mark_stands() {
    for first in [true, false] {
        let lower = Tar::new().file("d/old", "").file("d/sub/x", "").file("e", "");
        let upper = Tar::new();
        let upper = if first {
            upper.file("d/.wh..wh..opq", "").file("d/new", "")
        } else {
            upper.file("d/new", "").file("d/.wh..wh..opq", "")
        };
        let view = view(&[lower, upper]);
        assert_eq!(tree(&view), ["/d", "/d/new", "/e"]);
        assert_eq!(view.versions("/d/old").last().unwrap().node, None);
        assert_eq!(view.versions("/d/sub/x").len(), 2);
        assert_eq!(view.versions("/e").len(), 1);
    }
}

#[test]
fn a_whiteout_of_the_same_layer_takes_nothing_of_it_away() {
    let lower = Tar::new().file("d/x.conf", "old").file("d/y/z", "");
    let view = view(&[
        lower,
        Tar::new().file("d/x.conf", "new").file("d/.wh.x.conf", "").file("d/.wh.y", "").dir("d/y"),
    ]);
    assert_eq!(tree(&view), ["/d", "/d/x.conf", "/d/y"]);
    assert_eq!(text(&view, "/d/x.conf"), "new");
}

#[test]
fn a_whiteout_in_the_first_layer_is_legal_and_shows_nowhere() {
    let view = view(&[Tar::new().file("a/.wh.b", "").file(".wh..wh..opq", "").file(".wh..wh.plnk", "")]);
    assert_eq!(tree(&view), ["/a"]);
    assert_eq!(view.versions("/a/b"), []);
    assert_eq!(view.entry("/a/.wh.b"), None);
}

#[test]
fn what_is_no_directory_hides_the_directory_below_for_good() {
    let view = view(&[
        Tar::new().file("d/x.conf", "1").file("d/y", "1"),
        Tar::new().file("d", "a file"),
        Tar::new().file("d/x.conf", "3"),
    ]);
    assert_eq!(tree(&view), ["/d", "/d/x.conf"]);
    assert_eq!(text(&view, "/d/x.conf"), "3");
    assert_eq!(view.versions("/d/y").len(), 2);
    let kinds: Vec<NodeKind> = view.versions("/d").into_iter().map(|v| v.node.unwrap().kind).collect();
    assert_eq!(kinds, [NodeKind::Dir, NodeKind::File, NodeKind::Dir]);
}

#[test]
fn entries_below_a_link_of_a_lower_layer_make_a_directory_as_overlay_mounts_do() {
    let view = view(&[
        Tar::new().symlink("lib", "usr/lib").file("usr/lib/a.conf", "a"),
        Tar::new().file("lib/b.conf", "b"),
    ]);
    assert_eq!(tree(&view), ["/lib", "/lib/b.conf", "/usr", "/usr/lib", "/usr/lib/a.conf"]);
    assert!(view.entry("/lib").unwrap().is_dir());
}

#[test]
fn entries_below_a_link_of_their_own_layer_go_where_it_leads() {
    let tar = Tar::new()
        .symlink("lib", "/usr/lib")
        .file("lib/x.conf", "x")
        .symlink("loop", "loop")
        .file("loop/y", "");
    let view = view(&[tar]);
    assert_eq!(tree(&view), ["/lib", "/loop", "/usr", "/usr/lib", "/usr/lib/x.conf"]);
    assert_eq!(view.read("/lib/x.conf").unwrap().raw(), "x");
    assert_eq!(view.problems()[0].message, "`loop/y` lies behind too many links; it is passed over");
}

#[test]
fn a_hard_link_shares_the_content_that_its_target_had() {
    let view = view(&[
        Tar::new().file("a.conf", "one").hard_link("b.conf", "a.conf").file("a.conf", "two"),
        Tar::new().file(".wh.a.conf", ""),
    ]);
    assert_eq!(text(&view, "/b.conf"), "one");
    assert_eq!(view.entry("/b.conf").unwrap().size, 3);
    assert_eq!(view.entry("/a.conf"), None);
}

#[test]
fn a_hard_link_into_a_lower_layer_is_followed_and_told() {
    let view = view(&[
        Tar::new().file("a.conf", "one"),
        Tar::new().hard_link("b.conf", "/a.conf").hard_link("c.conf", "nowhere"),
        Tar::new().file("a.conf", "two"),
    ]);
    assert_eq!(text(&view, "/b.conf"), "one");
    assert!(matches!(view.content("/c.conf"), Err(FileError::Unknown(_))));
    assert_eq!(view.bytes_of(1, "/b.conf"), Some(Wanted { layer: 0, path: "/a.conf".into() }));
    assert_eq!(view.bytes_of(2, "/a.conf"), Some(Wanted { layer: 2, path: "/a.conf".into() }));
    assert_eq!(view.bytes_of(1, "/c.conf"), None);
    assert_eq!(view.problems().len(), 2);
}

#[test]
fn the_last_of_several_entries_wins() {
    let tar = Tar::new()
        .file("d/x", "1")
        .file("d", "2")
        .dir("d")
        .file("d/y", "3")
        .symlink("d/y", "z")
        .file("d/y", "4");
    let view = view(&[tar]);
    assert_eq!(tree(&view), ["/d", "/d/y"]);
    assert_eq!(view.entry("/d/y").unwrap().size, 1);
}

#[test]
fn trees_are_visited_in_the_order_of_path_bytes() {
    let tar = Tar::new().file("a/b", "").file("a-b", "").file("a.b/c", "").file("a/b0", "").file("é", "");
    let paths = tree(&view(&[tar]));
    let mut sorted = paths.clone();
    sorted.sort();
    assert_eq!(paths, sorted);
    assert_eq!(paths, ["/a", "/a-b", "/a.b", "/a.b/c", "/a/b", "/a/b0", "/é"]);
}

#[test]
fn names_are_what_the_runtimes_make_of_them() {
    let view = view(&[Tar::new()
        .file("/abs", "")
        .file("./x//y/../z", "")
        .file("../../etc/up", "")
        .raw_name(b"bad\xffname", "")
        .dir("./")
        .file(".wh..", "")
        .file(&format!("long/{}", "n".repeat(300)), "")]);
    assert_eq!(tree(&view), ["/abs", "/bad\\xffname", "/etc", "/etc/up", "/x", "/x/z"]);
    assert_eq!(view.problems().len(), 3);
}

#[test]
fn metadata_and_first_bytes() {
    let tar = Tar::new()
        .mode(0o4755)
        .owner(7, 8)
        .file("bin/s", "#!/bin/sh -e\necho")
        .file("bin/e", "\x7fELFxx")
        .file("bin/o", "x")
        .file("bin/z", "")
        .special("dev/null");
    let view = view(&[tar]);
    let script = view.entry("/bin/s").unwrap();
    assert_eq!((script.mode, script.uid, script.gid, script.size), (0o4755, 7, 8, 17));
    assert_eq!(script.magic, Magic::Script("/bin/sh -e".into()));
    assert_eq!(view.entry("/bin/e").unwrap().magic, Magic::Elf);
    assert_eq!(view.entry("/bin/o").unwrap().magic, Magic::Other);
    assert_eq!(view.entry("/bin/z").unwrap().magic, Magic::Empty);
    assert_eq!(view.entry("/dev/null").unwrap().kind, NodeKind::Special);
    assert_eq!(view.entry("/bin").unwrap().mode, 0o755);
}

#[test]
fn files_that_were_not_kept_are_asked_for_and_read_again() {
    let tar = Tar::new()
        .file("opt/data.txt", "later")
        .hard_link("opt/link", "opt/data.txt")
        .file("opt/bin", "\u{0}");
    let blob = tar.clone().gzip();
    let view = view(&[tar]);
    assert_eq!(view.content("/opt/data.txt"), Err(FileError::NotLoaded));
    assert_eq!(view.content("/opt/link"), Err(FileError::NotLoaded));
    let wanted = view.take_wanted();
    assert_eq!(wanted.len(), 1);
    assert_eq!(view.take_wanted(), []);
    let paths: Vec<_> = wanted.iter().map(|w| w.path.clone()).collect();
    for file in extract(&blob[..], "", view.layer(0).unwrap(), &paths).unwrap() {
        view.supply(0, &file.path, file.bytes);
    }
    assert_eq!(text(&view, "/opt/link"), "later");
    assert_eq!(text(&view, "/opt/data.txt"), "later");
}

#[test]
fn what_is_kept_needs_no_second_read() {
    let index = index(&Tar::new().file("etc/nginx/nginx.conf", "events {}").bytes(), &Keep::default_rules());
    let view = MergedView::new(vec![index.into()], &[]);
    assert_eq!(text(&view, "/etc/nginx/nginx.conf"), "events {}");
    assert_eq!(view.take_wanted(), []);
}
