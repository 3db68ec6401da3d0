//! Every bound of imgscan, in one place: sizes in bytes, counts, depths, steps and times.
//!
//! An image is hostile until read: over one of these bounds a scan stops with a clear error (status 4) or notes a
//! problem, as said at each.

use std::time::Duration;

/// Largest manifest or index read, in bytes (the registry's own limit in distribution is 4 MiB). Over it: an error.
pub const MANIFEST_BYTES: u64 = 4 << 20;
/// Largest config blob read, in bytes. Over it: an error.
pub const CONFIG_BYTES: u64 = 8 << 20;
/// Most elements of one list or object in a config blob (`Env`, `history`, `Labels` …). Over it: an error.
pub const CONFIG_ITEMS: usize = 10_000;
/// Most values in a manifest, index or list of saved images. Over it: an error.
pub const MANIFEST_VALUES: usize = 50_000;
/// Largest sum of the manifests, indexes and configs read for one reference, in bytes. Over it: an error.
pub const DOCUMENT_BYTES: u64 = 24 << 20;
/// Largest answer of a token server, in bytes. Over it: an error.
pub const TOKEN_BYTES: u64 = 64 << 10;
/// Most layers of one image. Over it: an error.
pub const LAYERS: usize = 1_000;
/// Most platforms followed in one index. Over it: an error.
pub const INDEX_ENTRIES: usize = 1_000;
/// Deepest nesting of indexes within an index. Over it: an error.
pub const INDEX_DEPTH: usize = 4;
/// Most entries of an archive of images (`docker save`, OCI archive). Over it: an error.
pub const ARCHIVE_ENTRIES: usize = 100_000;
/// Largest sum of the names in an archive of images, in bytes. Over it: an error.
pub const ARCHIVE_NAME_BYTES: usize = 16 << 20;
/// Largest compressed layer, in bytes. Over it: an error.
pub const LAYER_BYTES: u64 = 64 << 30;
/// Largest sum of a layer's uncompressed bytes. Over it: an error.
pub const LAYER_UNPACKED_BYTES: u64 = 256 << 30;
/// Highest ratio of uncompressed to compressed bytes once a layer has passed [`RATIO_FREE_BYTES`]. Over it: an error.
pub const RATIO: u64 = 1_200;
/// Uncompressed bytes of a layer that are not held against [`RATIO`].
pub const RATIO_FREE_BYTES: u64 = 256 << 20;
/// Most entries of one layer. Over it: an error.
pub const LAYER_ENTRIES: usize = 3_000_000;
/// Sum of what the indexes of one image's layers take in memory, in bytes (about a million entries). Over it: an error.
pub const INDEX_BYTES: u64 = 44 << 20;
/// Most different pairs of owner and group in one layer. Over it: an error.
pub const LAYER_OWNERS: usize = 65_535;
/// Longest name of one file or directory, in bytes (Linux's `NAME_MAX`). Longer: the entry is a problem and is passed
/// over.
pub const NAME_BYTES: usize = 255;
/// Components of paths looked up while one layer is read, links followed. Over it: an error. (A layer with a million
/// files in ten directories each needs ten million at most.)
pub const LAYER_STEPS: u64 = 20_000_000;
/// Most problems told of one layer; the rest are counted.
pub const LAYER_PROBLEMS: usize = 20;
/// Longest path in a layer, in bytes. Longer: the entry is a problem and is passed over.
pub const PATH_BYTES: usize = 4_096;
/// Largest PAX or GNU long-name record of one entry, in bytes. Over it: an error.
pub const HEADER_RECORD_BYTES: u64 = 1 << 20;
/// Most symbolic links followed in one look-up (as Linux's `MAXSYMLINKS`).
pub const LINK_DEPTH: usize = 40;
/// Largest window a zstd frame may ask for, as a power of two. 32 MiB is what BuildKit, podman and skopeo wrote at
/// their highest level (klauspost/compress before 1.17; 8 MiB since); `zstd --ultra -21` and up and `--long` ask for
/// 64 MiB and more, which is too much for a scanner's memory. Over it: an error.
pub const ZSTD_WINDOW_LOG: u32 = 25;
/// Largest table of contents of a layer (eStargz, zstd:chunked) that is read, uncompressed, in bytes. Over it: the layer is
/// read whole.
pub const LISTED_TABLE_BYTES: u64 = 256 << 20;
/// Most bytes of a layer that one Range request asks for. Over it: the layer is read whole.
pub const LISTED_FETCH_BYTES: u64 = 16 << 20;
/// Largest chunk of a file in such a layer, uncompressed, in bytes. Over it: the layer is read whole.
pub const LISTED_CHUNK_BYTES: u64 = 8 << 20;
/// Sum of what the lists of chunks of one image's layers take in memory, in bytes (about 160 000 files). Over it: the layer is
/// read whole.
pub const LISTED_CHUNKS_BYTES: u64 = 12 << 20;
/// Times that files of listed layers are fetched for one image, each for the files that the last ones led to. Over it: those
/// layers are read whole.
pub const LISTED_ROUNDS: usize = 64;
/// Sum of the zstd windows of the layers that are read at the same time, in bytes. Over it: a layer waits for another.
pub const ZSTD_WINDOWS_BYTES: u64 = 33 << 20;
/// Largest file whose text is kept on the first pass over a layer, in bytes.
pub const KEPT_FILE_BYTES: u64 = 256 << 10;
/// Sum of the texts kept of one image, in bytes. Over it: later files are read again when asked for.
pub const KEPT_TOTAL_BYTES: u64 = 8 << 20;
/// Largest file read at all, in bytes. Over it: [`crate::FileError::TooLarge`].
pub const READ_FILE_BYTES: u64 = 4 << 20;
/// Sum of the files of one image that are read again because they were asked for, in bytes. Over it: unknown.
pub const REREAD_TOTAL_BYTES: u64 = 16 << 20;
/// Times the layers are read again for files asked for later.
pub const REREADS: usize = 8;
/// Largest source given to an interpreter or parser, in bytes. Over it: the file is unknown.
pub const SOURCE_BYTES: usize = 256 << 10;
/// Steps of one run of an interpreter. Over it: what is not computed by then is unknown.
pub const STEPS: u64 = 400_000;
/// Depth of calls, of nested blocks and of nested expressions in an interpreter.
pub const DEPTH: usize = 200;
/// Longest string or list an interpreter builds, in bytes or elements. Over it: unknown.
pub const VALUE_SIZE: usize = 1 << 20;
/// Most paths of a shell script followed at once.
pub const PATHS: usize = 64;
/// Most programs (scripts, wrappers, supervisors) that start one another on the way to a server. Over it: unknown.
pub const LAUNCH_DEPTH: usize = 48;
/// Most problems that one stage reports. Over it: one more, which says so.
pub const PROBLEMS: usize = 1_000;
/// Most processes reported of one container.
pub const PROCESSES: usize = 64;
/// Deepest chain of includes (nginx itself has no bound but its open files).
pub const INCLUDE_DEPTH: usize = 64;
/// Deepest nesting of blocks in a server's config file (nginx's own bound is its stack). Over it: the rest of the file
/// is not read.
pub const BLOCK_DEPTH: usize = 1_000;
/// Most files one server's configuration may consist of.
pub const CONFIG_FILES: usize = 10_000;
/// Most directives one server's configuration may consist of, counted each time a file is included. Over it: the rest is
/// not read.
pub const CONFIG_DIRECTIVES: usize = 1_000_000;
/// Most files read of one image that look like a server's config file and that the server never loads.
pub const STRAY_CONFIG_FILES: usize = 32;
/// Size of the stack of the thread on which content of images is parsed, in bytes.
pub const PARSER_STACK: usize = 512 << 20;
/// Images looked at at the same time in a run of many.
pub const IMAGES_AT_ONCE: usize = 8;
/// Images of one registry looked at at the same time in a run of many.
pub const IMAGES_OF_A_HOST: usize = 4;
/// Sum of what is kept in the user's cache directory, in bytes. Over it: what was not used for the longest time goes.
pub const CACHE_BYTES: u64 = 1 << 30;
/// Largest entry of the cache that is read whole (a manifest, a config, a file), in bytes. Over it: not kept.
pub const CACHE_ENTRY_BYTES: u64 = 8 << 20;
/// Sum of the layer indexes that a run of many images keeps in memory for the images to come, in bytes. Over it: the
/// layer that was not used for the longest time is read again.
pub const SHARED_INDEX_BYTES: u64 = 48 << 20;
/// Most bytes read and copied of containerd's file of names. (A name takes about 500; nodes hold some hundred.) Over it:
/// an error.
pub const BOLT_BYTES: u64 = 32 << 20;
/// Deepest tree of pages in containerd's file of names. Over it: an error.
pub const BOLT_DEPTH: usize = 32;
/// Largest list of images or layers in a storage folder of Podman, in bytes. Over it: an error.
pub const STORE_LIST_BYTES: u64 = 32 << 20;
/// Longest line of a layer's tar-split, in bytes: a header, a PAX record or padding, in base64. Over it: an error.
pub const TAR_SPLIT_LINE_BYTES: u64 = 8 << 20;
/// Largest archive spooled from standard input, in bytes. Over it: an error.
pub const SPOOL_BYTES: u64 = 64 << 30;
/// Time a whole run may take unless `--timeout` says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(600);
/// Time a connection may take to be made.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Time without a byte after which a connection counts as dead.
pub const STALL: Duration = Duration::from_secs(30);
/// Time a credential helper may take.
pub const HELPER: Duration = Duration::from_secs(10);
/// Most pages of a registry's list (tags, repositories). Over it: an error.
pub const LIST_PAGES: usize = 10_000;
/// Largest sum of the pages of a registry's list, in bytes. Over it: an error.
pub const LIST_BYTES: usize = 16 << 20;
/// First wait before a request is tried again; it trebles each time.
pub const BACKOFF: Duration = Duration::from_millis(500);
/// Tries of one request on errors that may pass.
pub const TRIES: u32 = 4;
/// Longest wait that a `Retry-After` is honoured for.
pub const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Most combinations of processes and scopes for which one assertion is judged. Over it: the assertion is undecided.
pub const ASSERT_CASES: usize = 2_000;
