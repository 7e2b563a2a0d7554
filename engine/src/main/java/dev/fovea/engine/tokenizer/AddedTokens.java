package dev.fovea.engine.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Finds the tokens that are taken from a text as written, before byte-pair encoding: `<s>`, `<image>` and such.
///
/// Of the tokens that begin leftmost the longest is taken. Tokens that are not `normalized` are found in the text as it
/// came, the others afterwards in the normalised text between those, with their own text normalised.
final class AddedTokens {
    /// What `tokenizer.json` says of such a token.
    enum Flag {
        /// Not a part of a longer word.
        SINGLE_WORD("single_word"),
        /// Takes the white space before it.
        LEFT_STRIP("lstrip"),
        /// Takes the white space after it.
        RIGHT_STRIP("rstrip"),
        /// Found in normalised text.
        NORMALIZED("normalized"),
        /// Left out of text shown to a reader.
        SPECIAL("special");

        final String key;

        Flag(String key) {
            this.key = key;
        }
    }

    /// @param sought what is found in a text and shown when decoded: the content, normalised if so flagged
    record AddedToken(int id, String content, String sought, Set<Flag> flags) {
        AddedToken(int id, String content, Set<Flag> flags) {
            this(id, content, content, flags);
        }

        boolean is(Flag flag) {
            return flags.contains(flag);
        }

        AddedToken normalized(UnaryOperator<String> normalizer) {
            return is(Flag.NORMALIZED) ? new AddedToken(id, content, normalizer.apply(content), flags) : this;
        }
    }

    /// A stretch of the text: a token, or, where `token` is [#TEXT], what is to be encoded.
    record Piece(int token, int begin, int end) {
        static final int TEXT = -1;

        boolean isText() {
            return token == TEXT;
        }
    }

    private final Map<Integer, AddedToken> byId = new HashMap<>();
    private final Trie plain = new Trie();
    private final Trie normalized = new Trie();

    /// @param tokens normalised where they are to be
    AddedTokens(List<AddedToken> tokens) {
        for (boolean special : new boolean[] {true, false}) {
            for (AddedToken token : tokens) {
                if (token.is(Flag.SPECIAL) == special && !token.sought().isEmpty()) {
                    byId.put(token.id(), token);
                    (token.is(Flag.NORMALIZED) ? normalized : plain).add(token.sought(), token.id());
                }
            }
        }
    }

    /// The text as it came, cut at the tokens that are sought there.
    List<Piece> cut(String text) {
        return cut(text, plain);
    }

    /// Normalised text, cut at the tokens that are sought there.
    List<Piece> cutNormalized(String text) {
        return cut(text, normalized);
    }

    private List<Piece> cut(String text, Trie trie) {
        List<Piece> pieces = new ArrayList<>();
        int done = 0;
        int at = 0;
        while (at < text.length()) {
            int node = trie.longest(text, at);
            if (node == Trie.NONE) {
                at++;
                continue;
            }
            AddedToken token = byId.get(trie.value(node));
            int begin = at;
            int end = at + trie.length(node);
            // The search goes on behind the bare token, whether it counts or not and whatever space it takes, as the
            // reference's does: a token within space that the one before has taken is found all the same.
            at = end;
            if (token == null || (token.is(Flag.SINGLE_WORD) && !isSingleWord(text, begin, end))) {
                continue;
            }
            if (token.is(Flag.LEFT_STRIP)) {
                begin = Math.max(spaceBefore(text, begin, done), done);
            }
            if (token.is(Flag.RIGHT_STRIP)) {
                end = spaceAfter(text, end);
            }
            if (done < begin) {
                pieces.add(new Piece(Piece.TEXT, done, begin));
            }
            pieces.add(new Piece(token.id(), begin, end));
            done = end;
        }
        if (done < text.length()) {
            pieces.add(new Piece(Piece.TEXT, done, text.length()));
        }
        return pieces;
    }

    private static boolean isSingleWord(String text, int begin, int end) {
        return (begin == 0 || !isWordPart(text.codePointBefore(begin)))
                && (end == text.length() || !isWordPart(text.codePointAt(end)));
    }

    private static int spaceBefore(String text, int begin, int floor) {
        int at = begin;
        while (at > floor && isSpace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private static int spaceAfter(String text, int end) {
        int at = end;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /// What `\w` is in Unicode's regular expressions (UTS 18, annex C).
    private static boolean isWordPart(int c) {
        return Character.isAlphabetic(c)
                || switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK,
                            Character.ENCLOSING_MARK,
                            Character.COMBINING_SPACING_MARK,
                            Character.DECIMAL_DIGIT_NUMBER,
                            Character.CONNECTOR_PUNCTUATION -> true;
                    default -> c == 0x200C || c == 0x200D; // the join controls
                };
    }

    /// Unicode's property White_Space, all of which is in the basic plane.
    private static boolean isSpace(char c) {
        return (c >= '\t' && c <= '\r') || c == 0x85 || Character.isSpaceChar(c);
    }

    /// A set of strings, each with a number, that finds the longest of them at a place of a text.
    static final class Trie {
        /// No string, or no match.
        static final int NONE = -1;

        private final BitSet firstChars = new BitSet();
        private final Map<Long, Integer> children = new HashMap<>(); // node << 16 | char -> node
        private final List<Integer> values = new ArrayList<>(List.of(NONE)); // by node
        private final List<Integer> depths = new ArrayList<>(List.of(0)); // by node

        /// Adds a string; the first number given to it stays.
        ///
        /// @param text not empty
        void add(String text, int value) {
            firstChars.set(text.charAt(0));
            int node = 0;
            for (int i = 0; i < text.length(); i++) {
                Integer child = children.get(edge(node, text.charAt(i)));
                if (child == null) {
                    child = values.size();
                    children.put(edge(node, text.charAt(i)), child);
                    values.add(NONE);
                    depths.add(i + 1);
                }
                node = child;
            }
            if (values.get(node) == NONE) {
                values.set(node, value);
            }
        }

        /// The node of the longest string that the text has at `from`, or [#NONE].
        int longest(String text, int from) {
            if (!firstChars.get(text.charAt(from))) {
                return NONE;
            }
            int found = NONE;
            int node = 0;
            for (int i = from; i < text.length(); i++) {
                Integer child = children.get(edge(node, text.charAt(i)));
                if (child == null) {
                    break;
                }
                node = child;
                if (values.get(node) != NONE) {
                    found = node;
                }
            }
            return found;
        }

        int value(int node) {
            return values.get(node);
        }

        int length(int node) {
            return depths.get(node);
        }

        private static long edge(int node, char c) {
            return (long) node << Character.SIZE | c;
        }
    }
}
