package io.saccade.faults.bugs;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts one {@link Bug} into the JVM it is started in, by changing a method as its class is loaded. It works on names, and
 * says on standard error when a class has no method of that name: a bug that is not there would be "not caught".
 */
public final class Agent {

    private static final ClassDesc HOOKS = ClassDesc.of(Hooks.class.getName());
    private static final String EVENTS = "io/saccade/contract/event/";
    private static final String MERGE = "io/saccade/joiner/merge/";
    private static final String STORE = "io/saccade/joiner/TransactionalStore";
    private static final String TRACKER = "io/saccade/stage/OffsetTracker";
    private static final ClassDesc TREE_SET = ClassDesc.of("java.util.TreeSet");
    private static final ClassDesc MAP = ClassDesc.of("java.util.Map");
    private static final MethodTypeDesc OBJECT_TO_OBJECT =
            MethodTypeDesc.of(ConstantDescs.CD_Object, ConstantDescs.CD_Object);

    private Agent() {}

    /** Called by the JVM before {@code main}. */
    public static void premain(String argument, Instrumentation instrumentation) {
        var bug =
                Bug.of(argument).orElseThrow(() -> new IllegalArgumentException("there is no bug '" + argument + "'"));
        instrumentation.addTransformer(new Transformer(target(bug)));
    }

    /**
     * Which method is changed, and how.
     *
     * @param type      internal name of its class
     * @param method    its name
     * @param parameters how many it has
     * @param change    of its code
     */
    private record Target(String type, String method, int parameters, CodeTransform change) {}

    private static Target target(Bug bug) {
        return switch (bug) {
            case COMMIT_BEFORE_PUBLISH ->
                new Target(TRACKER, "toCommit", 0, atStart(code -> code.aload(0)
                        .getfield(ClassDesc.ofInternalName(TRACKER), "atWork", TREE_SET)
                        .invokevirtual(TREE_SET, "clear", MethodTypeDesc.of(ConstantDescs.CD_void))));
            case LOSE_RESULT ->
                new Target("org/apache/kafka/clients/producer/KafkaProducer", "send", 2, atStart(code -> code.aload(2)
                        .invokestatic(
                                HOOKS, "swallow", MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_Object))
                        .ifThen(then -> then.aconst_null().areturn())));
            case COMMIT_NOTHING ->
                new Target(
                        "org/apache/kafka/clients/consumer/KafkaConsumer",
                        "commitAsync",
                        2,
                        atStart(code -> code.return_()));
            case DROP_LATE_PART ->
                new Target(MERGE + "JoinState$Answered", "result", 2, atStart(code -> code.aload(0)
                        .invokestatic(
                                ClassDesc.ofInternalName(MERGE + "JoinState$Move"),
                                "stay",
                                MethodTypeDesc.of(
                                        ClassDesc.ofInternalName(MERGE + "JoinState$Move"),
                                        ClassDesc.ofInternalName(MERGE + "JoinState")))
                        .areturn()));
            case STATE_AHEAD ->
                new Target(STORE, "put", 2, atStart(code -> code.aload(0)
                        .invokestatic(MAP, "of", MethodTypeDesc.of(MAP), true)
                        .invokevirtual(
                                ClassDesc.ofInternalName(STORE),
                                "commit",
                                MethodTypeDesc.of(ConstantDescs.CD_void, MAP))));
            case DOUBLE_FINAL ->
                new Target("io/saccade/joiner/JoinProcessor", "emit", 3, atStart(code -> code.invokestatic(
                                HOOKS, "again", MethodTypeDesc.of(ConstantDescs.CD_boolean))
                        .ifThen(then -> then.aload(0)
                                .aload(1)
                                .aload(2)
                                .aload(3)
                                .invokevirtual(
                                        ClassDesc.of("io.saccade.joiner.JoinProcessor"),
                                        "emit",
                                        MethodTypeDesc.of(
                                                ConstantDescs.CD_void,
                                                ClassDesc.ofInternalName(EVENTS + "ImageEnriched"),
                                                ClassDesc.ofInternalName(MERGE + "JoinState"),
                                                ClassDesc.of("java.time.Instant"))))));
            case SKIP_DEDUP ->
                new Target(MERGE + "Results", "isNews", 2, atStart(code -> code.iconst_1()
                        .ireturn()));
            case RANDOM_IDS ->
                new Target("io/saccade/contract/EventIds", "enriched", 2, onReturn("randomId", "java/lang/String"));
            case SWAP_ANSWERS ->
                new Target(EVENTS + "StageResult", "<init>", 12, parameter(6, "previous", EVENTS + "Answer"));
            case WRONG_DIGEST ->
                new Target(EVENTS + "StageResult", "<init>", 12, parameter(9, "wrongDigest", "java/lang/String"));
            case WRONG_TENANT ->
                new Target(EVENTS + "StageResult", "<init>", 12, parameter(3, "wrongTenant", "java/lang/String"));
            case WRONG_MODEL_VERSION ->
                new Target(EVENTS + "ModelRef", "<init>", 3, parameter(2, "wrongVersion", "java/lang/String"));
            case DROP_ATTRIBUTES ->
                new Target(EVENTS + "ImageEnriched", "<init>", 11, parameter(8, "emptyMap", "java/util/Map"));
            case DEAD_LETTER_WITHOUT_STORY ->
                new Target(EVENTS + "DeadLetter", "headers", 0, onReturn("emptyMap", "java/util/Map"));
        };
    }

    /** Code that runs before the method's own. */
    private static CodeTransform atStart(Consumer<CodeBuilder> added) {
        return new CodeTransform() {
            @Override
            public void atStart(CodeBuilder code) {
                added.accept(code);
            }

            @Override
            public void accept(CodeBuilder code, CodeElement element) {
                code.with(element);
            }
        };
    }

    /** Another value for a parameter; slots of the parameters before it are one each. */
    private static CodeTransform parameter(int slot, String hook, String type) {
        return atStart(code -> code.aload(slot)
                .invokestatic(HOOKS, hook, OBJECT_TO_OBJECT)
                .checkcast(ClassDesc.ofInternalName(type))
                .astore(slot));
    }

    /** Another value for the result. */
    private static CodeTransform onReturn(String hook, String type) {
        return (code, element) -> {
            if (element instanceof ReturnInstruction) {
                code.invokestatic(HOOKS, hook, OBJECT_TO_OBJECT).checkcast(ClassDesc.ofInternalName(type));
            }
            code.with(element);
        };
    }

    private record Transformer(Target target) implements ClassFileTransformer {

        @Override
        @SuppressWarnings("SystemOut") // the JVM swallows what a transformer throws
        public byte @Nullable [] transform(
                @Nullable ClassLoader loader,
                @Nullable String name,
                @Nullable Class<?> redefined,
                @Nullable ProtectionDomain domain,
                byte[] bytes) {
            if (!target.type().equals(name)) {
                return null;
            }
            try {
                var classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                        ClassHierarchyResolver.ofResourceParsing(Objects.requireNonNull(loader, "loader"))
                                .orElse(ClassHierarchyResolver.defaultResolver())));
                var model = classFile.parse(bytes);
                if (model.methods().stream().noneMatch(this::isTarget)) {
                    System.err.println("SEEDED BUG: " + target.type() + " has no method " + target.method());
                }
                MethodTransform change = (builder, element) -> {
                    if (element instanceof CodeModel code) {
                        builder.transformCode(code, target.change());
                    } else {
                        builder.with(element);
                    }
                };
                var patched =
                        classFile.transformClass(model, ClassTransform.transformingMethods(this::isTarget, change));
                System.err.println("SEEDED BUG: " + target.type() + "." + target.method() + " is patched");
                return patched;
            } catch (RuntimeException e) {
                System.err.println("SEEDED BUG: " + target.type() + " could not be patched: " + e);
                return null;
            }
        }

        private boolean isTarget(MethodModel method) {
            return method.methodName().equalsString(target.method())
                    && method.methodTypeSymbol().parameterCount() == target.parameters();
        }
    }
}
