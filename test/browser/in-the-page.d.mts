export function focused(): {
  readonly id: string;
  readonly name: string;
  readonly onNothing: boolean;
  readonly visible: boolean;
};
export function smallTargets(): string[];
export function pageWidth(): number;
export function paper(): string;
export function scrollToBeginning(): void;
export function lastBegins(): number;
export function scrolledBy(): number;
export function textsWithoutContrast(): string[];
export function copied(): Promise<string>;
