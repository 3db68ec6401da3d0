//! One thing in a layer, in 24 bytes: a layer may hold a million.

/// Index of a node in its layer. The root is [`ROOT`].
pub(crate) type Id = u32;

/// The root directory of every layer.
pub(crate) const ROOT: Id = 0;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: the layer only takes away what lies below.
    Gone,
    /// A regular file. `a` is the entry of the tar that holds its body, `b` its size.
    File,
    /// A directory. In a finished index `a` is the start of its children in the order, `b` their number.
    Dir,
    /// A symbolic link. `a` and `b` are start and length of its target among the names.
    Symlink,
    /// A device or fifo.
    Special,
    /// A hard link to something that is not in the layer. `a` and `b` as for a symbolic link.
    LinkBelow,
}

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Unknown,
    Elf,
    Script,
    Empty,
    Other,
    /// Nobody has looked yet: the layer was not read, only what it lists.
    Unread,
}

/// The lower layers' thing of this name is hidden.
const WHITEOUT: u16 = 1 << 12;
/// What the lower layers have in this directory is hidden.
const OPAQUE: u16 = 1 << 13;
/// The layer has no entry for this directory, only for something in it.
const IMPLICIT: u16 = 1 << 14;
/// A later entry of the same layer took its place.
const DEAD: u16 = 1 << 15;

/// Size of a node in a stored index.
pub(crate) const NODE_BYTES: usize = 24;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) parent: Id,
    pub(crate) name_at: u32,
    pub(crate) name_len: u16,
    /// Permission bits and, above them, the marks.
    bits: u16,
    /// Index among the layer's owners.
    pub(crate) owner: u16,
    pub(crate) kind: Kind,
    pub(crate) start: Start,
    pub(crate) a: u32,
    pub(crate) b: u32,
}

impl Node {
    pub(crate) fn new(parent: Id, name_at: u32, name_len: u16) -> Self {
        let (kind, start) = (Kind::Gone, Start::Unknown);
        Node { parent, name_at, name_len, bits: 0, owner: 0, kind, start, a: 0, b: 0 }
    }

    pub(crate) fn mode(&self) -> u16 {
        self.bits & 0o7777
    }

    pub(crate) fn set_mode(&mut self, mode: u16) {
        self.bits = self.bits & !0o7777 | mode & 0o7777;
    }

    pub(crate) fn is_whiteout(&self) -> bool {
        self.bits & WHITEOUT != 0
    }

    pub(crate) fn set_whiteout(&mut self) {
        self.bits |= WHITEOUT;
    }

    pub(crate) fn is_opaque(&self) -> bool {
        self.bits & OPAQUE != 0
    }

    pub(crate) fn set_opaque(&mut self) {
        self.bits |= OPAQUE;
    }

    pub(crate) fn is_implicit(&self) -> bool {
        self.bits & IMPLICIT != 0
    }

    /// Makes it a directory that only its content speaks of.
    pub(crate) fn make_implicit(&mut self) {
        self.kind = Kind::Dir;
        self.bits |= IMPLICIT;
        self.set_mode(0o755);
    }

    pub(crate) fn make_explicit(&mut self) {
        self.bits &= !IMPLICIT;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.bits & DEAD != 0
    }

    pub(crate) fn bury(&mut self) {
        self.bits |= DEAD;
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.kind == Kind::Dir
    }

    /// The node as a stored index holds it.
    pub(crate) fn to_bytes(self) -> [u8; NODE_BYTES] {
        let [p0, p1, p2, p3] = self.parent.to_le_bytes();
        let [n0, n1, n2, n3] = self.name_at.to_le_bytes();
        let [l0, l1] = self.name_len.to_le_bytes();
        let [m0, m1] = self.bits.to_le_bytes();
        let [o0, o1] = self.owner.to_le_bytes();
        let [a0, a1, a2, a3] = self.a.to_le_bytes();
        let [b0, b1, b2, b3] = self.b.to_le_bytes();
        let (kind, start) = (self.kind as u8, self.start as u8);
        [p0, p1, p2, p3, n0, n1, n2, n3, l0, l1, m0, m1, o0, o1, kind, start, a0, a1, a2, a3, b0, b1, b2, b3]
    }

    /// The node that was stored, `None` when no node is stored like this.
    pub(crate) fn from_bytes(bytes: [u8; NODE_BYTES]) -> Option<Node> {
        let [
            p0,
            p1,
            p2,
            p3,
            n0,
            n1,
            n2,
            n3,
            l0,
            l1,
            m0,
            m1,
            o0,
            o1,
            kind,
            start,
            a0,
            a1,
            a2,
            a3,
            b0,
            b1,
            b2,
            b3,
        ] = bytes;
        Some(Node {
            parent: u32::from_le_bytes([p0, p1, p2, p3]),
            name_at: u32::from_le_bytes([n0, n1, n2, n3]),
            name_len: u16::from_le_bytes([l0, l1]),
            bits: u16::from_le_bytes([m0, m1]),
            owner: u16::from_le_bytes([o0, o1]),
            kind: *KINDS.get(usize::from(kind))?,
            start: *STARTS.get(usize::from(start))?,
            a: u32::from_le_bytes([a0, a1, a2, a3]),
            b: u32::from_le_bytes([b0, b1, b2, b3]),
        })
    }
}

/// All kinds, in the order of their numbers.
const KINDS: [Kind; 6] = [Kind::Gone, Kind::File, Kind::Dir, Kind::Symlink, Kind::Special, Kind::LinkBelow];

/// All starts, in the order of their numbers.
const STARTS: [Start; 6] =
    [Start::Unknown, Start::Elf, Start::Script, Start::Empty, Start::Other, Start::Unread];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_small() {
        assert_eq!(size_of::<Node>(), NODE_BYTES);
    }

    #[test]
    fn a_node_is_stored_and_read_back() {
        let mut node = Node::new(7, 300, 9);
        node.set_mode(0o4755);
        node.set_opaque();
        (node.kind, node.start, node.a, node.b) = (Kind::LinkBelow, Start::Other, 1 << 20, 70_000);
        let read = Node::from_bytes(node.to_bytes()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{node:?}"));
        assert!(KINDS.iter().zip(0..).all(|(kind, number)| *kind as u8 == number));
        assert!(STARTS.iter().zip(0..).all(|(start, number)| *start as u8 == number));
    }
}
