package config

import "fmt"

// DidYouMean returns `did you mean "x"?` for the known word nearest to word,
// or a list of what is known where none is near, or "" where nothing is known.
func DidYouMean(word string, known []string) string {
	best, at := "", len(word)/2+1
	for _, k := range known {
		if n := distance(word, k); n < at {
			best, at = k, n
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) > 0 && len(known) <= 20:
		return fmt.Sprintf("known are %q", known)
	}
	return ""
}

// distance is Levenshtein's, over bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
