package sqlite

import "math/bits"

// filter says of most fingerprints that were never put into an index that they
// were not, at the cost of one look into memory, where the index would look into
// each of its lots. It is a Bloom filter that has a fingerprint's bits in one
// word; fingerprints are spread evenly as they are, so that none is hashed.
type filter struct {
	words []uint64
	room  int // for so many more
}

// inWord is how many fingerprints a word has room for: eight bits for each, of
// which it sets four, so that one in thirty is taken for another.
const inWord = 8

// newFilter makes a filter with room for n fingerprints, or a few more.
func newFilter(n int) filter {
	words := max(n/inWord, lotSize/inWord)
	return filter{make([]uint64, words), words * inWord}
}

// place returns the word of a fingerprint and its bits: the highest bits choose
// the word, the lowest the bits.
func (f *filter) place(fp int64) (word *uint64, mask uint64) {
	u := uint64(fp) // #nosec G115 -- a bit pattern
	at, _ := bits.Mul64(u, uint64(len(f.words)))
	return &f.words[at], 1<<(u&63) | 1<<(u>>6&63) | 1<<(u>>12&63) | 1<<(u>>18&63)
}

// may is false only for what was never added.
func (f *filter) may(fp int64) bool {
	word, mask := f.place(fp)
	return *word&mask == mask
}

// add adds fp, and returns false when there is no room left: the filter still
// says the truth, but takes more and more for others.
func (f *filter) add(fp int64) (room bool) {
	word, mask := f.place(fp)
	if *word&mask != mask {
		*word |= mask
		f.room--
	}
	return f.room > 0
}
