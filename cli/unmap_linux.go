package cli

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unmapStart has the kernel forget which pages of the program's file this
// process has touched. Starting touches nearly all of them, since the kernel
// maps sixteen where one is asked for; running idle needs a fraction. They stay
// in the system's cache of the file: what is needed again is mapped again,
// without a read. Nothing depends on it, so what fails is left as it is.
func unmapStart() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	var start, size uintptr
	for line := range strings.Lines(string(maps)) {
		line = strings.TrimSpace(line)
		name, value, _ := strings.Cut(line, " ")
		if !strings.HasSuffix(name, ":") { // a mapping begins: from-to permissions … file
			start, size = 0, 0
			if strings.HasSuffix(line, " "+self) && !strings.HasPrefix(value, "rw") {
				start, size = span(name)
			}
		}
		// Where a page was written (relocated), it is no longer the file's.
		if name == "Anonymous:" && strings.TrimSpace(value) == "0 kB" && size > 0 {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, start, size, unix.MADV_DONTNEED)
		}
	}
}

// span reads a mapping's addresses, from-to.
func span(s string) (start, size uintptr) {
	from, to, _ := strings.Cut(s, "-")
	a, err1 := strconv.ParseUint(from, 16, 64)
	b, err2 := strconv.ParseUint(to, 16, 64)
	if err1 != nil || err2 != nil || b < a {
		return 0, 0
	}
	return uintptr(a), uintptr(b - a)
}
