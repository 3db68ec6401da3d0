//! Who runs the shell, and what that user may do to a file.

use imgscan_model::{FileView, Node, Text};

/// A user as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// User number; `None` where not known.
    pub uid: Option<u32>,
    /// Group number; `None` where not known.
    pub gid: Option<u32>,
    /// Further groups.
    pub groups: Vec<u32>,
    /// Name in `/etc/passwd`; `None` where the number has none or it is not known.
    pub name: Option<String>,
    /// Home in `/etc/passwd`.
    pub home: Option<String>,
}

impl Who {
    /// The user written as in `USER`: empty (root), a name or number, with or without `:group`. As in
    /// `moby/sys/user`, a name that `/etc/passwd` does not list cannot start at all.
    pub(crate) fn of(user: &Text, files: &dyn FileView) -> Who {
        let mut who = Who { uid: None, gid: None, groups: Vec::new(), name: None, home: None };
        let Some(written) = user.known() else { return who };
        let (name, group) = written.split_once(':').map_or((written, None), |(n, g)| (n, Some(g)));
        let name = if name.is_empty() { "0" } else { name };
        let number: Option<u32> = name.parse().ok();
        let passwd = files.read("/etc/passwd").ok();
        let entry = passwd.as_ref().and_then(|t| t.known()).and_then(|t| {
            t.lines().map(|l| l.split(':').collect::<Vec<_>>()).find(|f| {
                f.first() == Some(&name)
                    || number.is_some() && f.get(2).and_then(|n| n.parse().ok()) == number
            })
        });
        match entry {
            Some(fields) => {
                who.uid = fields.get(2).and_then(|n| n.parse().ok());
                who.gid = fields.get(3).and_then(|n| n.parse().ok());
                who.name = fields.first().map(|n| (*n).to_owned());
                who.home = fields.get(5).map(|h| (*h).to_owned());
            }
            None => {
                who.uid = number.or((name == "root").then_some(0));
                who.gid = who.uid.map(|_| 0);
                who.name = (who.uid == Some(0)).then(|| "root".to_owned());
            }
        }
        let groups = files.read("/etc/group").ok();
        let lines: Vec<Vec<&str>> = groups
            .as_ref()
            .and_then(|t| t.known())
            .map(|t| t.lines().map(|l| l.split(':').collect()).collect())
            .unwrap_or_default();
        let of = |fields: &Vec<&str>| fields.get(2).and_then(|n| n.parse::<u32>().ok());
        if let Some(group) = group {
            let named = lines.iter().find(|f| f.first() == Some(&group)).and_then(of);
            who.gid = named.or_else(|| group.parse().ok());
        } else if let Some(name) = &who.name {
            let member = |f: &&Vec<&str>| f.get(3).is_some_and(|m| m.split(',').any(|m| m == name));
            who.groups = lines.iter().filter(member).filter_map(of).collect();
        }
        who
    }

    pub(crate) fn is_root(&self) -> bool {
        self.uid == Some(0)
    }

    /// Whether the user may read (4), write (2), execute or enter (1) a node, or several of these.
    pub(crate) fn may(&self, node: &Node, want: u32) -> Option<bool> {
        let uid = self.uid?;
        if uid == 0 {
            return Some(want & 1 == 0 || node.is_dir() || node.mode & 0o111 != 0);
        }
        let shift = if node.uid == uid {
            6
        } else if self.gid? == node.gid || self.groups.contains(&node.gid) {
            3
        } else {
            0
        };
        Some((node.mode >> shift) & want == want)
    }
}
