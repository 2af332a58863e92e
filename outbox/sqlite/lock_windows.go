package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes f for this process alone, until it is closed. taken says that
// another has it. Locks are mandatory on Windows, so it locks one byte far behind all
// that SQLite reads, writes and locks.
func lockFile(f *os.File) (taken bool, err error) {
	behind := &windows.Overlapped{OffsetHigh: 1 << 30}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, behind)
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION), err
}
