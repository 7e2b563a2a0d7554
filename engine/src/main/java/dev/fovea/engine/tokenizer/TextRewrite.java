package dev.fovea.engine.tokenizer;

import java.util.List;
import java.util.function.Consumer;

/// What happens to text between added tokens before byte-pair encoding: normalised, then cut into words.
///
/// @param steps the normaliser, in order
record TextRewrite(List<Step> steps, Cut cut) {
    /// Where a stretch of text stands, which decides whether it gets a word mark in front.
    enum Place {
        /// At the very start.
        START,
        /// At the start of a text that goes on an earlier one, inside a stretch.
        CONTINUED,
        /// Behind an added token.
        LATER
    }

    String normalize(String text, Place place) {
        String result = text;
        for (Step step : steps) {
            result = step.apply(result, place);
        }
        return result;
    }

    sealed interface Step {
        String apply(String text, Place place);
    }

    /// Puts a prefix before a stretch that is not empty.
    record Prepend(String prefix) implements Step {
        @Override
        public String apply(String text, Place place) {
            return text.isEmpty() || place == Place.CONTINUED ? text : prefix + text;
        }
    }

    /// @param from not empty
    record Replace(String from, String to) implements Step {
        @Override
        public String apply(String text, Place place) {
            return text.replace(from, to);
        }
    }

    /// Drops spaces at both ends, at the end word marks too, and all but one of several spaces: SentencePiece's
    /// `remove_extra_whitespaces`.
    record Squeeze(char mark) implements Step {
        @Override
        public String apply(String text, Place place) {
            StringBuilder result = new StringBuilder(text.length());
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                boolean extra = result.isEmpty() || result.charAt(result.length() - 1) == ' ';
                if (c != ' ' || !extra) {
                    result.append(c);
                }
            }
            int end = result.length();
            while (end > 0 && (result.charAt(end - 1) == ' ' || result.charAt(end - 1) == mark)) {
                end--;
            }
            return result.substring(0, end);
        }
    }

    sealed interface Cut {
        void words(String text, Place place, Consumer<String> word);
    }

    /// No cut: spaces are ordinary symbols of the model.
    record Whole() implements Cut {
        @Override
        public void words(String text, Place place, Consumer<String> word) {
            word.accept(text);
        }
    }

    /// Which stretches get a word mark in front if they have none.
    enum Scheme {
        FIRST,
        ALWAYS,
        NEVER
    }

    /// Spaces become word marks; with `split` each mark begins a word.
    record Metaspace(String mark, Scheme scheme, boolean split) implements Cut {
        @Override
        public void words(String text, Place place, Consumer<String> word) {
            String marked = text.replace(" ", mark);
            boolean prefixed = switch (scheme) {
                case FIRST -> place == Place.START;
                case ALWAYS -> place != Place.CONTINUED;
                case NEVER -> false;
            };
            if (prefixed && !marked.startsWith(mark)) {
                marked = mark + marked;
            }
            int begin = 0;
            while (split && begin < marked.length()) {
                int next = marked.indexOf(mark, begin + 1);
                int end = next < 0 ? marked.length() : next;
                word.accept(marked.substring(begin, end));
                begin = end;
            }
            if (!split) {
                word.accept(marked);
            }
        }
    }
}
