import { usageError } from "../../core/error.ts";
import type { EditedDocuments } from "./edited_documents.ts";
import type { WrittenNotifier } from "./notify/notifier_schema.ts";
import type { WrittenRule } from "./rules/rule_schema.ts";
import type { RulesInForce } from "./rules_in_force.ts";

/** What only the manager's file changes. */
interface FixedParts {
  readonly notifiers: readonly WrittenNotifier[];
}

/** Rules and destinations as they are written: of the manager's file, and what people add to them. */
export class RuleEditor {
  /** @param changed takes what is written now, after each change */
  constructor(
    readonly fixed: FixedParts,
    readonly edited: EditedDocuments,
    readonly inForce: RulesInForce,
    readonly changed: () => void,
  ) {}

  /** Add a rule, or put it in the place of one of its name. @throws ProctorError where that cannot be */
  async saveRule(rule: WrittenRule, by: string): Promise<void> {
    this.#refuseFixedRule(rule.alert);
    this.inForce.refuseTooLarge(rule);
    await this.edited.edit("rules", rule.alert, rule, by);
    this.changed();
  }

  /** Take a rule away; its alerts end. @returns whether there was one */
  async removeRule(name: string, by: string): Promise<boolean> {
    this.#refuseFixedRule(name);
    const wasThere = await this.edited.remove("rules", name, by);
    if (wasThere) this.changed();
    return wasThere;
  }

  /** The destinations, those of the configuration first. */
  notifiers(): { readonly notifier: WrittenNotifier; readonly isFixed: boolean }[] {
    return [
      ...this.fixed.notifiers.map((notifier) => ({ notifier, isFixed: true })),
      ...[...this.edited.maps.notifiers.values()].map((notifier) => ({ notifier, isFixed: false })),
    ];
  }

  /**
   * Add a destination, or put it in the place of one of its name.
   * @throws ProctorError for what only the configuration may say: that a program is run, or a private network reached
   */
  async saveNotifier(notifier: WrittenNotifier, by: string): Promise<void> {
    this.#refuseFixedNotifier(notifier.name);
    if (notifier.command) throw usageError("command: a program is named by the manager's file only");
    if (notifier.private) {
      throw usageError("private: a private network is allowed by the manager's file only");
    }
    await this.edited.edit("notifiers", notifier.name, notifier, by);
    this.changed();
  }

  /** Take a destination away. @returns whether there was one */
  async removeNotifier(name: string, by: string): Promise<boolean> {
    this.#refuseFixedNotifier(name);
    const wasThere = await this.edited.remove("notifiers", name, by);
    if (wasThere) this.changed();
    return wasThere;
  }

  #refuseFixedRule(name: string): void {
    const fixed = this.inForce.written().find(({ rule, isFixed }) => isFixed && rule.alert === name);
    if (fixed) {
      refuse("rule", name, fixed.origin === null ? "the manager's file" : `the file ${fixed.origin}`);
    }
  }

  #refuseFixedNotifier(name: string): void {
    if (this.fixed.notifiers.some((one) => one.name === name)) {
      refuse("destination", name, "the manager's file");
    }
  }
}

function refuse(what: string, name: string, place: string): never {
  throw usageError(`the ${what} "${name}" is of ${place}; change it there`);
}
