//! A root file system in a directory.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use imgscan_layers::{LayerError, MergedView};
use imgscan_model::{FileError, FileView, Magic, NodeKind, Origin};

#[test]
fn a_directory_is_read_and_never_left() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("rootfs");
    fs::create_dir_all(root.join("etc/nginx")).unwrap();
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(dir.path().join("secret"), "outside").unwrap();
    fs::write(root.join("etc/nginx/nginx.conf"), "events {}").unwrap();
    fs::write(root.join("bin/run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(root.join("bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../../secret", root.join("etc/out")).unwrap();
    symlink("/etc/nginx", root.join("conf")).unwrap();
    let view = MergedView::of_directory(&root).unwrap();
    assert_eq!(view.read("/conf/nginx.conf").unwrap().raw(), "events {}");
    assert_eq!(view.read("/etc/out"), Err(FileError::NotFound));
    let script = view.entry("/bin/run").unwrap();
    assert_eq!((script.magic, script.mode), (Magic::Script("/bin/sh".into()), 0o755));
    assert_eq!(view.entry("/etc/out").unwrap().kind, NodeKind::Symlink("../../secret".into()));
    assert!(matches!(script.origin, Origin::LayerFile { layer: None, .. }));
    assert_eq!(view.versions("/bin/run"), []);
    let mut paths = Vec::new();
    view.for_each(&mut |node| paths.push(node.path.to_string()));
    assert_eq!(
        paths,
        ["/bin", "/bin/run", "/conf", "/etc", "/etc/nginx", "/etc/nginx/nginx.conf", "/etc/out"]
    );

    // A link put there after the listing is not followed.
    fs::remove_file(root.join("etc/nginx/nginx.conf")).unwrap();
    symlink("../../../secret", root.join("etc/nginx/nginx.conf")).unwrap();
    assert!(matches!(view.content("/etc/nginx/nginx.conf"), Err(FileError::Unknown(_))));
}

#[test]
fn what_is_no_directory_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(MergedView::of_directory(&dir.path().join("absent")), Err(LayerError::Read(_))));
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(matches!(MergedView::of_directory(&dir.path().join("file")), Err(LayerError::Unsupported(_))));
}
