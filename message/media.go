package message

import (
	"fmt"
	"strings"
)

// mediaBody is what image and file messages have.
type mediaBody struct {
	MediaID string `json:"media_id"`
}

func (m *mediaBody) texts() []text               { return nil }
func (m *mediaBody) visible() *text              { return nil }
func (m *mediaBody) linked(string) (bool, *text) { return true, nil }
func (m *mediaBody) unlink()                     {}
func (m *mediaBody) check() error                { return checkMedia("media", m.MediaID) }

// checkMedia checks a media id: /media/upload gives ids that begin with @ or $.
func checkMedia(field, id string) error {
	if !strings.HasPrefix(id, "@") && !strings.HasPrefix(id, "$") || strings.ContainsAny(id, " \n\"/") || len(id) > 512 {
		return fmt.Errorf("%s is %q: write a media id, which begins with @ or $ (what /media/upload answered)", field, CutRunes(id, 80))
	}
	return nil
}
