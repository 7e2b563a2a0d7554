package dev.fovea.engine.reduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The settings of a request, each of which must be read by the method that it is for.
public final class Choices {
    private final String method;
    private final Reductions.Request request;
    private final Map<String, String> left;
    private final List<String> known = new ArrayList<>();

    Choices(String method, Reductions.Request request) {
        this.method = method;
        this.request = request;
        this.left = new TreeMap<>(request.settings());
    }

    public Preset preset(Preset otherwise) {
        return request.preset().orElse(otherwise);
    }

    public Budget budget(Budget otherwise) {
        return request.budget().orElse(otherwise);
    }

    /// Whether the user named a budget.
    public boolean hasBudget() {
        return request.budget().isPresent();
    }

    private String text(String setting, String otherwise) {
        known.add(setting);
        String value = left.remove(setting);
        return value == null ? otherwise : value;
    }

    public <E extends Enum<E>> E word(String setting, E otherwise) {
        return Words.parse(otherwise.getDeclaringClass(), method + " " + setting, text(setting, Words.of(otherwise)));
    }

    public double number(String setting, double otherwise) {
        String value = text(setting, Double.toString(otherwise));
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(method + " " + setting + ": expected a number, found " + value, e);
        }
    }

    public long wholeNumber(String setting, long otherwise) {
        String value = text(setting, Long.toString(otherwise));
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(method + " " + setting + ": expected a whole number, found " + value, e);
        }
    }

    /// A whole number of 32 bits.
    public int count(String setting, int otherwise) {
        long value = wholeNumber(setting, otherwise);
        if (value != (int) value) {
            throw new IllegalArgumentException(method + " " + setting + ": expected a count, found " + value);
        }
        return (int) value;
    }

    public boolean flag(String setting, boolean otherwise) {
        String value = text(setting, Boolean.toString(otherwise));
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(method + " " + setting + ": expected true or false, found " + value);
        }
        return value.equals("true");
    }

    void requireAllRead() {
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("method " + method + ": expected settings of " + known + ", found "
                    + String.join(", ", left.keySet()));
        }
    }
}
