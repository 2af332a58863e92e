package sandbox

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
)

// upload uploads size bytes under a name, with the type in the form, or where
// kind begins with "?" in the query.
func (r *rig) upload(kind, field, filename string, size int) far {
	r.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	path := PathMedia + "?access_token=" + r.token
	if query, in := strings.CutPrefix(kind, "?"); in {
		path += "&type=" + query
	} else if err := form.WriteField("type", kind); err != nil {
		r.t.Fatal(err)
	}
	part, err := form.CreateFormFile(field, filename)
	if err != nil {
		r.t.Fatal(err)
	}
	_, _ = part.Write(bytes.Repeat([]byte{0xff}, size))
	_ = form.Close()
	return r.do("POST", path, form.FormDataContentType(), b.String())
}

func TestUpload(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Limits: Limits{CallsPerSecond: -1}})
	for name, c := range map[string]struct {
		kind, field, filename string
		size                  int
		want                  string
	}{
		"image":         {"image", "media", "图 1.PNG", 1_000_000, "0"},
		"large image":   {"image", "media", "a.png", 1_000_001, "40006"},
		"file":          {"file", "media", "a.pdf", 10_000_000, "0"},
		"large file":    {"file", "media", "a.pdf", 10_000_001, "40006"},
		"voice":         {"?voice", "media", "a.amr", 2_000_000, "0"},
		"large voice":   {"voice", "media", "a.amr", 2_000_001, "40006"},
		"empty":         {"image", "media", "a.png", 0, "40006"},
		"format":        {"image", "media", "a.svg", 1, "40005"},
		"no format":     {"file", "media", "pdf", 1, "40005"},
		"other kind's":  {"image", "media", "a.pdf", 1, "40005"},
		"unknown kind":  {"picture", "media", "a.png", 1, "40004"},
		"another field": {"image", "file", "a.png", 1, "41"},
	} {
		a := r.upload(c.kind, c.field, c.filename, c.size)
		if a.code() != c.want || (a.MediaID != "") != (c.want == "0") {
			t.Errorf("%s: %s, not %s", name, a.Raw, c.want)
		}
	}
	if a := r.post(PathMedia, `{"type":"image"}`); a.code() != "43008" {
		t.Errorf("as JSON: %s", a.Raw)
	}
	if a := r.do("POST", PathMedia+"?access_token=x", "multipart/form-data; boundary=x", "--x--"); a.code() != "88/40014" {
		t.Errorf("with another token: %s", a.Raw)
	}
	if a := r.do("POST", PathMedia+"?type=image&access_token="+r.token, "multipart/form-data; boundary=x", "--x--"); a.code() != "40" {
		t.Errorf("without a file: %s", a.Raw)
	}
	if a := r.do("POST", PathMedia+"?type=image&access_token="+r.token, "multipart/form-data; boundary=x", "--x\r\nhalf"); a.code() != "40038" {
		t.Errorf("half a form: %s", a.Raw)
	}
}

// TestMediaMustExist: uploaded, given beforehand, or anything where the unknown
// is adopted; also after Reset.
func TestMediaMustExist(t *testing.T) {
	t.Parallel()
	image := func(r *rig, id string) string {
		return r.post(PathSend, fmt.Sprintf(`{"agent_id":7,"userid_list":"u1","msg":{"msgtype":"image","image":{"media_id":%q}}}`, id)).code()
	}
	r := open(t, Options{Media: []string{"@known"}})
	id := r.upload("image", "media", "a.png", 10).MediaID
	if again := r.upload("image", "media", "b.png", 10).MediaID; again == id {
		t.Errorf("two files with one id, %s", id)
	}
	r.s.Reset()
	for id, want := range map[string]string{id: "0", "@known": "0", "@unknown": "40007"} {
		if got := image(r, id); got != want {
			t.Errorf("%s: %s, not %s", id, got, want)
		}
	}
	oa := `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},"body":{"image":"@unknown"}}}`
	if a := r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":`+oa+`}`); a.code() != "40007" {
		t.Errorf("in an OA's body: %s", a.Raw)
	}
	if got := image(open(t, Options{AdoptUnknown: true}), "@any"); got != "0" {
		t.Errorf("where anything exists: %s", got)
	}
}
