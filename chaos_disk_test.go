package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// onSmallDisk starts a bridge whose store has a file system of its own, where we
// may mount one. It is larger by some than the log that SQLite keeps beside it.
func onSmallDisk(c *chaos) {
	disk := filepath.Join(c.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		c.Fatal(err)
	}
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=128m"); err == nil {
		c.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	} else {
		c.Logf("no file system of its own (mount: %v): a limit on the size of files instead", err)
	}
	c.flags = append(c.flags, "--storage=sqlite:disk/workbell.db")
	c.startBridges(1)
}

// fillingDisk fills the disk and makes room again.
func fillingDisk(ctx context.Context, c *chaos) {
	for c.pause(ctx, c.part(10)) {
		room := c.fill()
		c.pause(ctx, c.part(5))
		room()
		c.struck.Add(1)
	}
}

// fill leaves no byte of room until the function that it returns is called.
func (c *chaos) fill() (room func()) {
	var mounted unix.Statfs_t
	disk := filepath.Join(c.dir, "disk")
	if err := unix.Statfs(disk, &mounted); err != nil {
		c.Fatal(err)
	}
	if mounted.Type != unix.TMPFS_MAGIC {
		return c.limitFiles()
	}
	f, err := os.Create(filepath.Join(disk, "filler"))
	for b := make([]byte, 4096); err == nil; {
		_, err = f.Write(b)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		c.Fatal(err)
	}
	return func() {
		if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
			c.Error(err)
		}
	}
}

// limitFiles forbids the bridge to write beyond the first page of any file.
func (c *chaos) limitFiles() (lift func()) {
	var was unix.Rlimit
	pid := c.bridge(0).cmd.Process.Pid
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &was); err != nil {
		c.Fatal(err)
	}
	set := func(limit unix.Rlimit) {
		if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
			c.Error(err)
		}
	}
	set(unix.Rlimit{Cur: 4096, Max: was.Max})
	return func() { set(was) }
}

// writeProtecting has every write to the store's files fail, as after ext4's
// errors=remount-ro.
func writeProtecting(ctx context.Context, c *chaos) {
	for c.pause(ctx, c.part(10)) {
		writable := c.inject("pwrite64,ftruncate,fallocate", "error=EROFS")
		c.pause(ctx, c.part(5))
		writable()
		c.struck.Add(1)
	}
}

// slowingDisk has every sync take long.
func slowingDisk(ctx context.Context, c *chaos) {
	for c.pause(ctx, c.part(20)) {
		fast := c.inject("fsync,fdatasync", "delay_exit=250000") // µs
		c.pause(ctx, c.part(3))
		fast()
		c.struck.Add(1)
	}
}

// inject has the kernel answer the bridge's system calls so, until the function
// that it returns is called.
func (c *chaos) inject(calls, answer string) (stop func()) {
	pid := c.bridge(0).cmd.Process.Pid
	said := &syncBuffer{}
	cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-p", fmt.Sprint(pid), "-e", "trace="+calls, "-e", "inject="+calls+":"+answer)
	cmd.Stderr, cmd.Stdout = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		c.Fatalf("%v (make deps installs strace)", err)
	}
	traced := func() bool {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		return !strings.Contains(string(text), "TracerPid:\t0\n")
	}
	waitUntil(c.T, traced, "strace to attach", said)
	return func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		waitUntil(c.T, func() bool { return !traced() }, "strace to let go", said)
		time.Sleep(10 * time.Millisecond)
	}
}
