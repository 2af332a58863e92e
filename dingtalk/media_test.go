package dingtalk

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"workbell/media"
	"workbell/sandbox"
)

// TestUploadMedia uploads, and sends what was uploaded.
func TestUploadMedia(t *testing.T) {
	t.Parallel()
	_, c := sandboxed(t, sandbox.Options{})
	id, err := c.UploadMedia(t.Context(), "image", "图 \"1\".PNG", []byte{0xff, 0, '\n'})
	if err != nil || id == "" {
		t.Fatalf("%q, %v", id, err)
	}
	image := func(id string) error {
		_, err := c.Send(t.Context(), lin, []byte(`{"msgtype":"image","image":{"media_id":"`+id+`"}}`))
		return err
	}
	if err := image(id); err != nil {
		t.Error(err)
	}
	if err := image("@unknown"); !HasCode(err, "40007") {
		t.Errorf("what was never uploaded: %v", err)
	}
}

// TestMediaForm: the type stands in the form and in the query, the file is
// whole.
func TestMediaForm(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("\x00\xff\r\n", 1000)
	c := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/media/upload" || q.Get("type") != "file" || q.Get("access_token") != testToken || len(q) != 2 {
			t.Errorf("%s", r.URL)
		}
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		file, head, err := r.FormFile("media")
		if err != nil {
			t.Error(err)
			return
		}
		got, err := io.ReadAll(file)
		if err != nil || string(got) != content || head.Filename != "报告.pdf" || r.FormValue("type") != "file" {
			t.Errorf("%v: %d bytes of %s as %s", err, len(got), head.Filename, r.FormValue("type"))
		}
		say(`{"errcode":0,"errmsg":"ok","media_id":"$iAEKAqNwbmcDBgTNAk","created_at":1605863153573,"type":"file"}`)(w, r)
	})))
	if id, err := c.UploadMedia(t.Context(), "file", "some/folder/报告.pdf", []byte(content)); err != nil || id != "$iAEKAqNwbmcDBgTNAk" {
		t.Errorf("%q, %v", id, err)
	}
}

// TestMediaLimits: what DingTalk would refuse is not uploaded, and what passes
// here the stand-in takes.
func TestMediaLimits(t *testing.T) {
	t.Parallel()
	s, c := sandboxed(t, sandbox.Options{Limits: sandbox.Limits{CallsPerSecond: -1}})
	taken := int64(0)
	for _, limit := range media.Limits {
		kind := limit.Kind
		size := limit.MaxBytes
		for _, format := range limit.Formats {
			if _, err := c.UploadMedia(t.Context(), kind, "a."+format, make([]byte, size)); err != nil {
				t.Errorf("%d bytes of %s as %s: %v", size, format, kind, err)
			}
			size = 1 // the first format is enough for the size
			taken++
		}
		for name, size := range map[string]int64{"a." + limit.Formats[0]: limit.MaxBytes + 1, "b." + limit.Formats[0]: 0, "a.exe": 1, "a": 1, limit.Formats[0]: 1} {
			_, err := c.UploadMedia(t.Context(), kind, name, make([]byte, size))
			if e := failed(t, err); e.Action != GiveUp || e.Outcome != Unsent {
				t.Errorf("%d bytes of %s as %s: %v", size, name, kind, err)
			}
		}
	}
	if n := s.Counters().Total(sandbox.PathMedia); n != taken {
		t.Errorf("%d uploads, not %d", n, taken)
	}
}
