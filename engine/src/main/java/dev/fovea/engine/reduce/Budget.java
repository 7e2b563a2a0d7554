package dev.fovea.engine.reduce;

/// How many visual tokens of one image may stay.
public sealed interface Budget {
    /// A share of all tokens of the image's tiles, base tile and padding included, as the HiRED paper counts them.
    record Rate(double rate) implements Budget {
        public Rate {
            if (!(rate >= 0 && rate <= 1)) {
                throw new IllegalArgumentException(
                        "budget: expected a rate of 0 … 1 or a whole number of tokens, found " + rate);
            }
        }

        @Override
        public String toString() {
            return Double.toString(rate);
        }
    }

    /// A number of tokens.
    record Tokens(int tokens) implements Budget {
        public Tokens {
            if (tokens < 0) {
                throw new IllegalArgumentException("budget: expected at least 0 tokens, found " + tokens);
            }
        }

        @Override
        public String toString() {
            return Integer.toString(tokens);
        }
    }

    /// What most methods keep unless told otherwise; the HiRED paper's headline.
    static Budget standard() {
        return new Rate(0.2);
    }

    /// Everything.
    static Budget all() {
        return new Rate(1);
    }

    /// Reads `0.2` (also `1.0`) as a rate and `576` as a number of tokens; `1` is a rate: everything.
    static Budget parse(String text) {
        try {
            if (text.equals("1")) {
                return all();
            }
            return text.chars().allMatch(Character::isDigit)
                    ? new Tokens(Integer.parseInt(text))
                    : new Rate(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "budget: expected a rate of 0 … 1 or a whole number of tokens, found " + text, e);
        }
    }

    /// The number of tokens for an image of `tiles` tiles of `patches` patches: truncated, evaluated left to right
    /// in double as the authors' code does, and never more than there are.
    default int tokens(int tiles, int patches) {
        return switch (this) {
            case Rate(double rate) -> (int) (tiles * patches * rate);
            case Tokens(int tokens) -> Math.min(tokens, tiles * patches);
        };
    }
}
