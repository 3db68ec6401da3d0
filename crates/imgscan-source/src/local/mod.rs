//! Images on this machine: layouts, archives, storage folders, root filesystems, standard input.

pub(crate) mod containerd;
pub(crate) mod containers_storage;
pub(crate) mod docker_archive;
pub(crate) mod files;
pub(crate) mod layout;
pub(crate) mod recognise;
pub(crate) mod rootfs;
pub(crate) mod skopeo_dir;
pub(crate) mod spool;
pub(crate) mod tar_index;
pub(crate) mod unpack;

use std::path::Path;
use std::sync::Arc;

use crate::error::{SourceError, unsupported};
use crate::image::{Image, SourceKind};
use crate::platform::PlatformChoice;
use crate::reference::{Pick, Reference};
use files::Files;
use tar_index::TarIndex;

/// A request for images from a place on this machine.
pub(crate) struct Request<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) choice: &'a PlatformChoice,
    pub(crate) pick: &'a Pick,
}

/// Which of the two kinds of archive is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Oci,
    Docker,
    /// Whichever it is.
    Any,
}

impl Request<'_> {
    /// Images of a layout directory.
    pub(crate) fn layout(&self, path: &Path) -> Result<Vec<Image>, SourceError> {
        let files = Arc::new(files::Directory::new(path)?);
        layout::open(files, SourceKind::OciLayout, self)
    }

    /// The image of a directory that is called a root filesystem; skopeo calls its own directories by the same word.
    pub(crate) fn directory(&self, path: &Path) -> Result<Vec<Image>, SourceError> {
        match skopeo_dir::is(path) {
            true => skopeo_dir::open(path, self),
            false => rootfs::open(path, self),
        }
    }

    /// Images of an archive file.
    pub(crate) fn archive(&self, path: &Path, wanted: Wanted) -> Result<Vec<Image>, SourceError> {
        let file = spool::plain_tar(path)?;
        self.of_tar(TarIndex::read(file, &crate::shown::path(path))?, wanted)
    }

    /// Images of an archive that comes as a stream.
    pub(crate) fn stream(
        &self,
        stream: impl std::io::Read + Send,
        name: &str,
    ) -> Result<Vec<Image>, SourceError> {
        let file = spool::spool(stream, name)?;
        self.of_tar(TarIndex::read(file, name)?, Wanted::Any)
    }

    /// An archive that is both (`docker save` since 25.0) is read as OCI: there every byte has a digest. When the user
    /// calls it a Docker archive, it is read as one.
    fn of_tar(&self, tar: TarIndex, wanted: Wanted) -> Result<Vec<Image>, SourceError> {
        let (oci, docker) = (tar.contains("index.json"), tar.contains("manifest.json"));
        let place = tar.place().to_owned();
        let tar: Arc<dyn Files> = Arc::new(tar);
        match (wanted, oci, docker) {
            (Wanted::Oci | Wanted::Any, true, _) => layout::open(tar, SourceKind::OciArchive, self),
            (Wanted::Docker | Wanted::Any, _, true) => docker_archive::open(&tar, self),
            (Wanted::Oci, false, true) => Err(unsupported(format!("`{place}` is an archive of `docker save`"))
                .with_help("type `docker-archive:` in front of it, or the path alone")),
            (Wanted::Docker, true, false) => Err(unsupported(format!("`{place}` is an OCI archive"))
                .with_help("type `oci-archive:` in front of it, or the path alone")),
            (_, false, false) => Err(unsupported(format!(
                "`{place}` is a tar without `index.json` (OCI) and without `manifest.json` (`docker save`)"
            ))
            .with_help(
                "an exported container (`docker export`) holds no image config; use `docker save`, or unpack it and use `dir:`",
            )),
        }
    }
}
