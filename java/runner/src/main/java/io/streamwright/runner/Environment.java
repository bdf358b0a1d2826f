package io.streamwright.runner;

import io.streamwright.text.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** The table environment of the job and its configuration, which SET and RESET change while the script runs. */
final class Environment {

    static final String RUNTIME_MODE = "execution.runtime-mode";
    static final String JOB_NAME = "pipeline.name";

    private final TableEnvironment tables;
    private final Map<String, String> initial;

    private Environment(TableEnvironment tables, Map<String, String> initial) {
        this.tables = tables;
        this.initial = initial;
    }

    /** Creates the environment in the mode that the script asks for and applies the configuration below its SETs. */
    static Environment create(Script script) {
        Map<String, String> initial = new HashMap<>(script.configuration());
        if (script.name() != null) {
            initial.put(JOB_NAME, script.name());
        }
        String mode = Rules.runtimeMode(script);
        initial.remove(RUNTIME_MODE);
        EnvironmentSettings.Builder settings = EnvironmentSettings.newInstance();
        String wanted = mode == null ? "STREAMING" : mode.trim().toUpperCase(Locale.ROOT);
        switch (wanted) {
            case "BATCH":
                settings.inBatchMode();
                break;
            case "STREAMING":
                settings.inStreamingMode();
                break;
            default:
                throw ScriptException.refused(0, "'" + RUNTIME_MODE + "' must be STREAMING or BATCH, not " + mode);
        }
        withConfiguration(settings, initial);
        Environment environment = new Environment(TableEnvironment.create(settings.build()), initial);
        initial.forEach(environment::put);
        return environment;
    }

    // Some keys (the built-in catalog's name, the catalog store) count only at creation, from 1.15 on.
    private static void withConfiguration(EnvironmentSettings.Builder settings, Map<String, String> initial) {
        try {
            EnvironmentSettings.Builder.class.getMethod("withConfiguration", Configuration.class)
                    .invoke(settings, Configuration.fromMap(initial));
        } catch (NoSuchMethodException e) {
            // 1.13 and 1.14 have nothing of the kind; the configuration is applied right after.
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the configuration cannot be applied", e);
        }
    }

    /** The table environment. */
    TableEnvironment tables() {
        return tables;
    }

    /** Applies a SET or RESET. */
    void apply(Setting setting) {
        if (setting.isSet()) {
            if (setting.key() != null && !isFixed(setting.key())) {
                put(setting.key(), setting.value());
            }
            return;
        }
        List<String> keys = new ArrayList<>();
        if (setting.key() != null) {
            keys.add(setting.key());
        } else {
            keys.addAll(configuration().keySet());
            keys.addAll(initial.keySet());
        }
        for (String key : keys) {
            reset(key);
        }
    }

    /** The mode was fixed at creation, from the last SET of it; the name is the one that the platform gave. */
    private boolean isFixed(String key) {
        return key.equals(RUNTIME_MODE) || key.equals(JOB_NAME) && initial.containsKey(JOB_NAME);
    }

    private void reset(String key) {
        if (isFixed(key)) {
            return;
        }
        if (initial.containsKey(key)) {
            put(key, initial.get(key));
        } else {
            configuration().removeConfig(ConfigOptions.key(key).stringType().noDefaultValue());
        }
    }

    private void put(String key, String value) {
        configuration().setString(key, value);
    }

    private Configuration configuration() {
        return tables.getConfig().getConfiguration();
    }
}
