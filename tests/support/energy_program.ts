/* usage: energy_program.ts DIRECTORY: prints what tells this user the energy of the machine captured there. */
import process from "node:process";
import { openMachineEnergy } from "../../platform/linux/energy/machine_energy.ts";

const energy = openMachineEnergy(process.argv[2]);
console.log(JSON.stringify("reason" in energy ? energy : { source: energy.source }));
