package sqlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// flush has the disk hold what has been written to f. It does so a part after
// another, each when the one before is there, so that a commit which syncs the log
// meanwhile waits for one part at most: 13 MB at once held commits up for 12 ms.
// Whoever else has the file open hears of a failing disk when he syncs it.
func flush(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const how = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	part := max(1<<20, info.Size()/512)
	for from := int64(0); from < info.Size(); from += part {
		if err := unix.SyncFileRange(int(f.Fd()), from, part, how); err != nil { // #nosec G115 -- a descriptor
			break // a file system that cannot: Sync does all of it
		}
	}
	return f.Sync()
}
