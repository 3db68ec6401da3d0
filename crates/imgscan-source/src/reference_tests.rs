use super::*;

fn registry(text: &str) -> RegistryName {
    match Reference::parse(text).unwrap_or_else(|e| panic!("{e}")).target() {
        Target::Registry(name) => name.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn names_in_registries() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    for (text, whole) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.25", "docker.io/library/nginx:1.25"),
        ("bitnami/nginx", "docker.io/bitnami/nginx:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/library/nginx", "docker.io/library/nginx:latest"),
        ("gcr.io/p/app:tag", "gcr.io/p/app:tag"),
        ("GCR.io/p/app:Tag", "gcr.io/p/app:Tag"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        ("localhost/x", "localhost/x:latest"),
        ("127.0.0.1:5000/shop/app:1", "127.0.0.1:5000/shop/app:1"),
        ("[::1]:5000/shop/app:1", "[::1]:5000/shop/app:1"),
        ("[::1]/app", "[::1]/app:latest"),
        ("docker://quay.io/a/b", "quay.io/a/b:latest"),
        ("docker://nginx", "docker.io/library/nginx:latest"),
        ("registry:quay.io/a/b:2", "quay.io/a/b:2"),
        ("registry:5000/a/b:2", "registry:5000/a/b:2"),
        ("oci://ghcr.io/a/b:2", "ghcr.io/a/b:2"),
        ("registry:2", "docker.io/library/registry:2"),
        ("docker:dind", "docker.io/library/docker:dind"),
    ] {
        assert_eq!(registry(text).to_string(), whole, "{text}");
    }
    let both = registry(&format!("quay.io/a/b:2@{digest}"));
    assert_eq!((both.tag.as_deref(), both.version()), (Some("2"), digest.clone()));
    assert_eq!(registry(&format!("quay.io/a/b@{digest}")).tag, None);
}

#[test]
fn files_and_directories() {
    let dir = tempfile::tempdir().unwrap();
    let with_colon = dir.path().join("a:b");
    std::fs::create_dir(&with_colon).unwrap();
    let at = |text: String| Reference::parse(&text).unwrap().target().clone();
    let colon = with_colon.display();
    assert_eq!(at(format!("oci:{colon}")), Target::OciLayout { path: with_colon.clone(), pick: Pick::Only });
    assert_eq!(
        at(format!("oci:{colon}:v1")),
        Target::OciLayout { path: with_colon.clone(), pick: Pick::Name("v1".into()) }
    );
    assert_eq!(
        at("docker-archive:gone.tar:host:5000/a:1".into()),
        Target::DockerArchive { path: "gone.tar".into(), pick: Pick::Name("host:5000/a:1".into()) }
    );
    assert_eq!(
        at("docker-archive:gone.tar:@1".into()),
        Target::DockerArchive { path: "gone.tar".into(), pick: Pick::Index(1) }
    );
    let digest = format!("sha256:{}", "ab".repeat(32));
    assert_eq!(
        at(format!("oci-archive:gone.tar@{digest}")),
        Target::OciArchive { path: "gone.tar".into(), pick: Pick::Digest(digest.parse().unwrap()) }
    );
    assert_eq!(at("oci-dir:x".into()), Target::OciLayout { path: "x".into(), pick: Pick::Only });
    assert_eq!(at("ocidir://x".into()), Target::OciLayout { path: "x".into(), pick: Pick::Only });
    assert_eq!(at("dir:x".into()), Target::Rootfs { path: "x".into() });
    assert_eq!(at("-".into()), Target::Stdin);
    assert_eq!(at("docker-daemon:nginx:1".into()), Target::Daemon { name: "nginx:1".into() });
    assert_eq!(at("docker:shop/app:1".into()), Target::Daemon { name: "shop/app:1".into() });
}

#[test]
fn storage_folders() {
    let at = |text: &str| Reference::parse(text).unwrap().target().clone();
    let storage = |driver: Option<&str>, root: Option<&str>| Target::ContainersStorage {
        driver: driver.map(str::to_owned),
        root: root.map(PathBuf::from),
        name: "shop/app:1".into(),
    };
    assert_eq!(at("containers-storage:shop/app:1"), storage(None, None));
    assert_eq!(at("containers-storage:[/g]shop/app:1"), storage(None, Some("/g")));
    assert_eq!(at("containers-storage:[vfs@/g]shop/app:1"), storage(Some("vfs"), Some("/g")));
    let whole = "containers-storage:[overlay@/g+/r:overlay.mountopt=nodev,a=b@c]shop/app:1";
    assert_eq!(at(whole), storage(Some("overlay"), Some("/g")));
    let containerd = |root: Option<&str>, name: &str| Target::Containerd {
        root: root.map(PathBuf::from),
        name: name.to_owned(),
    };
    assert_eq!(at("containerd:k8s.io/shop/app:1"), containerd(None, "k8s.io/shop/app:1"));
    assert_eq!(at("containerd:[/c]app"), containerd(Some("/c"), "app"));
}

#[test]
fn bare_paths_are_what_lies_there() {
    let dir = tempfile::tempdir().unwrap();
    let at =
        |name: &str| Reference::parse(&dir.path().join(name).display().to_string()).unwrap().target().clone();
    std::fs::create_dir_all(dir.path().join("layout")).unwrap();
    std::fs::write(dir.path().join("layout/oci-layout"), "{}").unwrap();
    assert!(matches!(at("layout"), Target::OciLayout { pick: Pick::Only, .. }));
    assert!(matches!(at("layout:v1"), Target::OciLayout { pick: Pick::Name(_), .. }));
    std::fs::create_dir_all(dir.path().join("root/etc")).unwrap();
    assert!(matches!(at("root"), Target::Rootfs { .. }));
    std::fs::write(dir.path().join("a.tar.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    assert!(matches!(at("a.tar.gz"), Target::Archive { .. }));
    assert!(matches!(at("gone.tar"), Target::Archive { .. }), "an absolute path is never a registry");
}

#[test]
fn what_is_no_reference_is_said_so() {
    for (text, word) in [
        ("", "empty"),
        ("Nginx", "lower case"),
        ("gcr.io/P/app", "lower case"),
        ("gcr.io/", "missing"),
        ("nginx:", "tag"),
        ("nginx@sha256:ab", "digest"),
        ("nginx@md5:d41d8cd98f00b204e9800998ecf8427e", "algorithm"),
        ("ngi nx", "` `"),
        ("https://gcr.io/p/app", "another tool"),
        ("sif:x", "another tool"),
        ("s3://bucket/app.tar", "`s3://`"),
        ("sha256:00000000000000000000000000000000000000000000000000000000000000aa", "ID of an image"),
        ("00000000000000000000000000000000000000000000000000000000000000aa", "ID of an image"),
        ("containers-storage:[/a", "not closed"),
        ("containers-storage:[overlay@a]x", "absolute"),
        ("containers-storage:[/a]", "no image is named"),
        ("containerd:[a]x", "absolute"),
        ("[::1/x", "no host"),
        ("[::1]:99999/x", "no host"),
        ("oci:", "nothing follows"),
        ("docker-archive:x.tar:@a", "place"),
    ] {
        let error = Reference::parse(text).expect_err(text);
        assert!(error.to_string().contains(word), "{text}: {error}");
    }
    let error = Reference::parse("gcr.io/Shop/App:V1").unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `gcr.io/shop/app:V1`?"));
}
