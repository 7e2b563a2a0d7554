package dev.fovea.bench;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.annotations.Param;

/// One benchmark with one value of each of its own parameters.
///
/// @param name       what it is called in reports: a word for the benchmark and the values in order of declaration
/// @param unit       of its work in a second, in billions
/// @param parameters by name
record Case(Class<?> benchmark, String name, String unit, Map<String, String> parameters) {
    /// Every case there is, in the order of the parameters' values, the first parameter changing slowest.
    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        cases.addAll(of(ManyRowProducts.class, "matmul", "GOP/s"));
        cases.addAll(of(OneRowProducts.class, "matmul", "GB/s"));
        cases.addAll(of(AttentionOfManyRows.class, "attention", "GOP/s"));
        cases.addAll(of(AttentionOfOneRow.class, "", "GB/s"));
        cases.addAll(of(RowOperations.class, "", "GB/s"));
        cases.addAll(of(Conversions.class, "", "GB/s"));
        return cases;
    }

    private static List<Case> of(Class<?> benchmark, String word, String unit) {
        List<Case> cases = List.of(new Case(benchmark, word, unit, Map.of()));
        for (Field field : benchmark.getFields()) {
            Param values = field.getAnnotation(Param.class);
            if (values != null) {
                List<Case> longer = new ArrayList<>();
                for (Case shorter : cases) {
                    values(field, values).forEach(value -> longer.add(shorter.with(field.getName(), value)));
                }
                cases = longer;
            }
        }
        return cases;
    }

    private static List<String> values(Field field, Param values) {
        Object[] constants = field.getType().getEnumConstants();
        boolean all = constants != null && values.value().length == 1 && values.value()[0].equals(Param.BLANK_ARGS);
        return all ? Arrays.stream(constants).map(String::valueOf).toList() : List.of(values.value());
    }

    private Case with(String parameter, String value) {
        Map<String, String> more = new TreeMap<>(parameters);
        more.put(parameter, value);
        return new Case(benchmark, (name + " " + value).strip(), unit, more);
    }
}
