package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gpl begins as the licence does that must not be in the binary.
const gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU General Public License for more details.
`

const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose
with or without fee is hereby granted, provided that the above copyright notice and
this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO
THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO
EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL
DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER
IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN
CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

// TestLicences takes a licence that is allowed, and refuses one that is not, a text
// that is none, and code without any.
func TestLicences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, says string }{
		"allowed":     {"LICENSE", isc, ""},
		"copyleft":    {"COPYING", gpl, "not among those that are allowed"},
		"home-made":   {"LICENSE.txt", "Ask my grandmother.", "read it"},
		"a notice":    {"NOTICE", isc, "no licence"},
		"none":        {"", "", "no licence"},
		"of a script": {"x.LICENSE", isc, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			h := holder{name: "example.com/m v1"}
			if c.file != "" {
				h.files = []string{filepath.Join(dir, c.file)}
				if err := os.WriteFile(h.files[0], []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ids, err := h.licences()
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, %v", ids, err)
			}
		})
	}
}

// TestExcuse takes an accepted hole only while that rests on something.
func TestExcuse(t *testing.T) {
	t.Parallel()
	a := accepted[0]
	if why, err := excuse(a.id, nil); why == "" || err != nil {
		t.Errorf("%q %v", why, err)
	}
	if why, err := excuse(a.id, map[string]pkg{a.unlinked: {}}); why != "" || err == nil {
		t.Errorf("linked: %q %v", why, err)
	}
	if why, err := excuse("GO-1999-0001", nil); why != "" || err != nil {
		t.Errorf("unknown: %q %v", why, err)
	}
}
