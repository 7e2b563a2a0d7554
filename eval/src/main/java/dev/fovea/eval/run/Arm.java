package dev.fovea.eval.run;

/// What is compared: a model under a method with a budget.
///
/// @param model  name of the model's directory
/// @param method as users write it; `oracle` keeps exactly the evidence
/// @param budget as users write it; empty for methods without one
public record Arm(String model, String method, String budget) {
    /// The method of the upper bound that knows where the answer is.
    public static final String ORACLE = "oracle";

    /// `hired @ 0.2`.
    public String label() {
        return budget.isEmpty() ? method : method + " @ " + budget;
    }

    boolean isOracle() {
        return method.equals(ORACLE);
    }
}
