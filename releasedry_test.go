//go:build heavy

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// distributed returns the files of dist/ that match.
func distributed(t *testing.T, pattern string, want int) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("dist", pattern))
	if err != nil || len(files) != want {
		t.Fatalf("want %d %s in dist/, got %v %v: run make release-dry", want, pattern, files, err)
	}
	return files
}

// TestReleaseDry looks at what make release-dry has made: everything is there, the
// checksums are right, and archives and packages hold what they should.
func TestReleaseDry(t *testing.T) {
	t.Parallel()
	bills := distributed(t, "*.cdx.json", 6)
	archives := append(distributed(t, "*.tar.gz", 4), distributed(t, "*.zip", 2)...)
	packages := append(distributed(t, "*.deb", 2), distributed(t, "*.rpm", 2)...)
	checkSums(t, slices.Concat(bills, archives, packages))
	for _, archive := range archives {
		checkArchive(t, archive)
	}
	for _, bill := range bills {
		checkBillOf(t, bill)
	}
	for _, p := range packages {
		if filepath.Ext(p) == ".deb" {
			checkPackage(t, p)
		}
	}
}

// checkSums holds checksums.txt against the files: all of them, with their sums.
func checkSums(t *testing.T, files []string) {
	t.Helper()
	sums := readFile(t, "dist/checksums.txt")
	for _, file := range files {
		sum := sha256.Sum256([]byte(readFile(t, file)))
		if !strings.Contains(sums, hex.EncodeToString(sum[:])+"  "+filepath.Base(file)+"\n") {
			t.Errorf("checksums.txt is wrong about %s", file)
		}
	}
	if n := strings.Count(sums, "\n"); n != len(files) {
		t.Errorf("checksums.txt has %d lines for %d files", n, len(files))
	}
}

// checkArchive looks for what everybody needs in an archive, in a folder of its own.
func checkArchive(t *testing.T, file string) {
	t.Helper()
	var names []string
	text := []byte(readFile(t, file))
	if filepath.Ext(file) == ".zip" {
		z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(file, err)
		}
		for _, f := range z.File {
			names = append(names, f.Name)
		}
	} else {
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(file, err)
		}
		for r := tar.NewReader(z); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(file, err)
			}
			names = append(names, h.Name)
		}
	}
	folder := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".tar.gz"), ".zip")
	binary := "workbell"
	if strings.Contains(file, "_windows_") {
		binary += ".exe"
	}
	for _, want := range []string{binary, "README.md", "README.zh-CN.md", "CHANGELOG.md", "SECURITY.md", "rules.yaml", "THIRD_PARTY.txt", "man/workbell.1", "completion/workbell.bash", "completion/workbell.zsh", "completion/workbell.fish"} {
		if !slices.Contains(names, folder+"/"+want) {
			t.Errorf("%s lacks %s: %v", file, want, names)
		}
	}
}

// checkBillOf holds a bill of materials against the binary that it is of.
func checkBillOf(t *testing.T, file string) {
	t.Helper()
	parts := strings.Split(strings.TrimSuffix(filepath.Base(file), ".cdx.json"), "_") // program, version, system, processor
	binaries, err := filepath.Glob("dist/workbell_" + parts[2] + "_" + parts[3] + "*/workbell*")
	if err != nil || len(binaries) != 1 {
		t.Fatalf("the binary of %s: %v %v", file, binaries, err)
	}
	info, err := buildinfo.ReadFile(binaries[0])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"std@" + info.GoVersion: true}
	for _, m := range info.Deps {
		want[m.Path+"@"+m.Version] = true
	}
	checkBill(t, readFile(t, file), "v"+parts[1], want)
}

// checkPackage looks into a Debian package.
func checkPackage(t *testing.T, file string) {
	t.Helper()
	list, err := exec.Command("dpkg-deb", "--contents", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"./usr/bin/workbell\n", "./etc/workbell/env\n", "./usr/lib/systemd/system/workbell.service\n", "./usr/share/man/man1/workbell.1.gz\n",
		"./usr/share/bash-completion/completions/workbell\n", "./usr/share/doc/workbell/THIRD_PARTY.txt\n"} {
		if !strings.Contains(string(list), want) {
			t.Errorf("%s lacks %s", file, want)
		}
	}
}
